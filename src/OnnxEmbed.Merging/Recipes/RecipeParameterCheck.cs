namespace OnnxEmbed.Merging.Recipes;

/// <summary>Checks the parameters of a recipe against its method: names, kinds, ranges, what is missing, and known traps.</summary>
internal sealed class RecipeParameterCheck(RecipeFaults faults, MergeMethod method, bool extrapolate)
{
    /// <summary>Parameters that mergekit takes for any method of task vectors without an effect.</summary>
    private static readonly HashSet<string> WithoutEffect = ["int8_mask", "rescale", "density", "normalize", "lambda", "weight"];

    private static readonly string[] Sparse =
        ["ties", "dare_linear", "dare_ties", "della", "della_linear", "breadcrumbs", "breadcrumbs_ties"];

    /// <summary>Parameters that have a value elsewhere.</summary>
    public IReadOnlyCollection<string> AlreadyGiven { get; init; } = [];

    public void Check(MergeRecipe recipe, IReadOnlyList<RecipeSlice> slices)
    {
        List<ParameterBlock> whole = [recipe.Parameters, recipe.ModuleParameters, .. slices.Select(slice => slice.Parameters)];
        List<ParameterBlock> sources = [.. slices.SelectMany(slice => slice.Sources).Select(source => source.Parameters)];
        foreach (ParameterSetting setting in whole.SelectMany(block => block.Values))
        {
            CheckSetting(setting, ofModel: false);
        }

        foreach (ParameterSetting setting in sources.SelectMany(block => block.Values))
        {
            CheckSetting(setting, ofModel: true);
        }

        HashSet<string> given = [.. AlreadyGiven, .. whole.Concat(sources).SelectMany(block => block.Keys)];
        foreach (MergeParameter parameter in method.Parameters.Concat(method.ModelParameters)
            .Where(parameter => parameter.Default is null && !given.Contains(parameter.Name)))
        {
            faults.Add(recipe.MethodLine, $"{parameter.Name}: needs a value ({parameter.Description}), the recipe has none");
        }

        if (Sparse.Contains(method.Name) && !given.Contains("density")
            && method.ModelParameters.FirstOrDefault(parameter => parameter.Name == "density") is { Default: "1" })
        {
            faults.Warn(recipe.MethodLine, $"density: is 1 unless given, with which {method.Name} trims nothing");
        }

        foreach (MergeParameter parameter in method.Parameters.Concat(method.ModelParameters)
            .Where(parameter => parameter.MergekitDefault is { } other && other != parameter.Default && !given.Contains(parameter.Name)))
        {
            faults.Warn(recipe.MethodLine,
                $"{parameter.Name}: is {parameter.Default} unless given, as in the paper; mergekit's default, "
                    + $"{parameter.MergekitDefault}, holds with --compat mergekit");
        }
    }

    private void CheckSetting(ParameterSetting setting, bool ofModel)
    {
        MergeParameter? known = method.ModelParameters.FirstOrDefault(parameter => parameter.Name == setting.Name)
            ?? method.Parameters.FirstOrDefault(parameter => parameter.Name == setting.Name);
        if (known is null)
        {
            Unknown(setting);
            return;
        }

        if (ofModel && !method.ModelParameters.Contains(known))
        {
            faults.Add(setting.Line,
                $"{setting.Name}: {method.Name} has one value for all models, which goes under parameters of the slice or the recipe");
            return;
        }

        foreach (ParameterEntry entry in setting.Entries)
        {
            List<string> wrong = [];
            foreach (string value in entry.Values)
            {
                known.Parse(value, extrapolate, wrong);
            }

            foreach (string fault in wrong)
            {
                faults.Add(entry.Line, fault);
            }
        }
    }

    private void Unknown(ParameterSetting setting)
    {
        if (WithoutEffect.Contains(setting.Name) && method.Base != BaseUse.None)
        {
            faults.Warn(setting.Line, $"{setting.Name}: has no effect with {method.Name}");
            return;
        }

        string[] names = [.. method.Parameters.Concat(method.ModelParameters).Select(parameter => parameter.Name).Distinct()];
        faults.Add(setting.Line,
            $"parameter '{setting.Name}': not one of those of {method.Name}; known: "
                + $"{(names.Length == 0 ? "none" : string.Join(", ", names))}");
    }
}
