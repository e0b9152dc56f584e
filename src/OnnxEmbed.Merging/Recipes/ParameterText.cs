using OnnxEmbed.Tensors;

namespace OnnxEmbed.Merging.Recipes;

/// <summary>Parameters as a command line gives them: <c>name=value</c>, the value as it would stand in a recipe.</summary>
public static class ParameterText
{
    /// <summary>Adds parameters to a merge: scalars, gradients (<c>t=[0, 0.5, 1]</c>) and lists of filters and values.</summary>
    /// <param name="options">The merge.</param>
    /// <param name="pairs">Each <c>name=value</c>; a name once.</param>
    /// <exception cref="OptionException">Some is wrong; all faults are listed.</exception>
    public static MergeOptions Add(MergeOptions options, IReadOnlyList<string> pairs)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(pairs);
        if (pairs.Count == 0)
        {
            return options;
        }

        RecipeFaults faults = new("--param");
        ParameterBlock block = [];
        for (int i = 0; i < pairs.Count; i++)
        {
            int equals = pairs[i].IndexOf('=', StringComparison.Ordinal);
            string name = equals > 0 ? pairs[i][..equals].Trim() : "";
            if (name.Length == 0)
            {
                faults.Add(i, $"needs name=value, got '{pairs[i]}'");
            }
            else if (block.ContainsKey(name) || options.Parameters.ContainsKey(name))
            {
                faults.Add(i, $"{name}: needs one value, got two");
            }
            else if (Setting(name, pairs[i][(equals + 1)..], i, faults) is { } setting)
            {
                block.Add(name, setting);
            }
        }

        RecipeSlice whole = new([.. options.Inputs.Select(input => new RecipeModel(new ModelReference(input.Model, [], 0), [], 0))], [], 0);
        MergeRecipe recipe = new(options.Method.Name, 0) { Parameters = block };
        if (faults.IsEmpty)
        {
            new RecipeParameterCheck(faults, options.Method, options.Extrapolate) { AlreadyGiven = [.. options.Parameters.Keys] }.Check(
                recipe, [whole]);
        }

        return faults.IsEmpty
            ? new RecipeParameters(recipe, options.Method, [whole]).Fill(options)
            : throw new OptionException($"merge {options.Method.Name}: " + string.Join("; ", faults.Texts));
    }

    private static ParameterSetting? Setting(string name, string value, int index, RecipeFaults faults)
    {
        try
        {
            IReadOnlyList<YamlNode> documents = YamlComposer.Parse("--param", value);
            if (documents.Count == 1)
            {
                return new RecipeReader(faults).Setting(name, documents[0], index);
            }

            faults.Add(index, $"{name}: needs a value, got {(documents.Count == 0 ? "none" : "several")}");
        }
        catch (RecipeException exception)
        {
            faults.Add(index, $"{name}: {exception.Faults[0][(exception.Faults[0].IndexOf(": ", StringComparison.Ordinal) + 2)..]}");
        }

        return null;
    }
}
