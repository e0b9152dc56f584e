namespace OnnxEmbed.Merging.Recipes;

/// <summary>
/// Hands the parameters of a recipe to a merge: those that are the same for all tensors as values, the others as a schedule.
/// </summary>
internal sealed class RecipeParameters(MergeRecipe recipe, MergeMethod method, IReadOnlyList<RecipeSlice> slices)
{
    public MergeOptions Fill(MergeOptions options)
    {
        ParameterBlock[] whole = [recipe.ModuleParameters, recipe.Parameters];
        bool sliced = recipe.Slices.Count > 0;
        List<MergeParameter> scheduled = [];
        Dictionary<string, string> values = new(options.Parameters, StringComparer.Ordinal);
        Dictionary<string, string>[] own =
            [.. options.Inputs.Select(input => new Dictionary<string, string>(input.Parameters, StringComparer.Ordinal))];
        foreach (MergeParameter parameter in method.Parameters.Concat(method.ModelParameters).DistinctBy(parameter => parameter.Name))
        {
            List<ParameterSetting> settings =
            [
                .. whole.Concat(slices.SelectMany(slice => slice.Sources.Select(source => source.Parameters).Prepend(slice.Parameters)))
                    .Select(block => block.GetValueOrDefault(parameter.Name)).OfType<ParameterSetting>(),
            ];
            bool bySlice = sliced
                && slices.Any(slice => slice.Parameters.ContainsKey(parameter.Name)
                    || slice.Sources.Any(source => source.Parameters.ContainsKey(parameter.Name)));
            if (settings.Any(setting => setting.Constant is null) || bySlice)
            {
                scheduled.Add(parameter);
                continue;
            }

            if (whole.Select(block => block.GetValueOrDefault(parameter.Name)).FirstOrDefault(setting => setting is not null) is { } common)
            {
                values.Add(parameter.Name, common.Constant!);
            }

            for (int source = 0; source < own.Length; source++)
            {
                if (slices[0].Sources[source].Parameters.TryGetValue(parameter.Name, out ParameterSetting? setting))
                {
                    own[source].Add(parameter.Name, setting.Constant!);
                }
            }
        }

        return options with
        {
            Inputs = [.. options.Inputs.Select((input, i) => input with { Parameters = own[i] })],
            Parameters = values,
            Schedule = scheduled.Count == 0 ? null : new LayerSchedule(
                scheduled,
                [.. slices.Select(slice =>
                    (slice.Parameters, (IReadOnlyList<ParameterBlock>)[.. slice.Sources.Select(source => source.Parameters)]))],
                whole,
                sliced ? [.. slices.Select(Length)] : []),
        };
    }

    private static int Length(RecipeSlice slice) => slice.Sources.Select(source => source.Layers)
        .FirstOrDefault(layers => layers is not null) is { } range
        ? range.End - range.Start
        : 0;
}
