using OnnxEmbed.Merging.Methods;
using OnnxEmbed.Onnx;

namespace OnnxEmbed.Merging.Recipes;

/// <summary>
/// A recipe's values of parameters by tensor: those of a source before those of its slice, those of the module, those of the whole; at each
/// place the first that fits counts (https://github.com/arcee-ai/mergekit, docs on parameter specification).
/// </summary>
/// <param name="parameters">The parameters that it has values of.</param>
/// <param name="slices">
/// Parameters of each slice and of its sources, in the order of the models; one slice where the recipe has none.
/// </param>
/// <param name="whole">Parameters of the module and of the whole recipe.</param>
/// <param name="lengths">Layers of each slice; empty where the recipe has none.</param>
internal sealed class LayerSchedule(
    IReadOnlyList<MergeParameter> parameters,
    IReadOnlyList<(ParameterBlock Slice, IReadOnlyList<ParameterBlock> Sources)> slices,
    IReadOnlyList<ParameterBlock> whole,
    IReadOnlyList<int> lengths) : IParameterSchedule
{
    private readonly Dictionary<string, MergeParameter> _parameters =
        parameters.ToDictionary(parameter => parameter.Name, StringComparer.Ordinal);
    private LayerMap? _map;

    public IReadOnlyCollection<string> Names => _parameters.Keys;

    /// <summary>Learns where the tensors lie, before the first of them is asked for.</summary>
    /// <returns>What the author of the recipe should know: filters that no tensor has, gradients where there are no layers.</returns>
    public IReadOnlyList<string> Bind(OnnxModel model)
    {
        _map = new LayerMap(model, lengths);
        List<string> warnings = [];
        foreach (ParameterSetting setting in Settings())
        {
            warnings.AddRange(setting.Entries
                .Where(entry => !_map.Places.Any(entry.Matches))
                .Select(entry => $"recipe, line {entry.Line}: {setting.Name}: no tensor has "
                    + (entry.Filter is null ? "this part" : $"'{entry.Filter}' in its name") + "; the value is not used"));
            warnings.AddRange(OutsideLayers(setting, _map));
            if (_map.LayerCount == 0 && setting.Entries.Any(entry => entry.IsGradient))
            {
                warnings.Add($"recipe, line {setting.Line}: {setting.Name}: no tensor's name shows a layer; every tensor takes the first "
                    + "value of the gradient");
            }
        }

        if (lengths.Contains(1) && Settings().FirstOrDefault(setting => setting.Entries.Any(entry => entry.IsGradient)) is { } gradient)
        {
            warnings.Add($"recipe, line {gradient.Line}: {gradient.Name}: takes the last value of its gradient in a slice of one layer");
        }

        return warnings;
    }

    public object? Find(string parameter, string tensor, int? model)
    {
        if (!_parameters.TryGetValue(parameter, out MergeParameter? known))
        {
            return null;
        }

        TensorPlace place = (_map ?? throw new InvalidOperationException("the schedule is asked before it knows the model"))[tensor];
        (ParameterBlock slice, IReadOnlyList<ParameterBlock> sources) = slices[Math.Min(place.Slice, slices.Count - 1)];
        IEnumerable<ParameterBlock> levels = model is { } index ? [sources[index], slice, .. whole] : [slice, .. whole];
        foreach (ParameterBlock level in levels)
        {
            if (level.TryGetValue(parameter, out ParameterSetting? setting)
                && setting.Entries.FirstOrDefault(entry => entry.Matches(place)) is { } found)
            {
                return Value(known, found.Values, place.Depth);
            }
        }

        return null;
    }

    /// <summary>The setting of a parameter at one place, for the resolved recipe.</summary>
    /// <param name="parameter">The parameter.</param>
    /// <param name="slice">The slice; null for the whole.</param>
    /// <param name="model">The model; null for the slice.</param>
    public ParameterSetting? Setting(string parameter, int? slice, int? model) => slice is not { } index
        ? whole.Select(block => block.GetValueOrDefault(parameter)).FirstOrDefault(setting => setting is not null)
        : (model is { } source ? slices[index].Sources[source] : slices[index].Slice).GetValueOrDefault(parameter);

    /// <summary>
    /// mergekit's trap: what lies before and after the layers takes the first value of a gradient, the last norm and a pooler too.
    /// </summary>
    private static IEnumerable<string> OutsideLayers(ParameterSetting setting, LayerMap map)
    {
        TensorPlace[] caught = [.. map.Places.Where(place => place.Part != TensorPart.Layers
            && setting.Entries.FirstOrDefault(entry => entry.Matches(place)) is { IsGradient: true } found
                && found.Values[0] != found.Values[^1])];
        if (caught.Length > 0 && map.LayerCount > 0)
        {
            ParameterEntry entry = setting.Entries.First(entry => entry.Matches(caught[^1]));
            yield return $"recipe, line {entry.Line}: {setting.Name}: takes its first value, {entry.Values[0]}, before and after the "
                + "layers "
                + $"({string.Join(", ", caught.Take(3).Select(place => place.Names[0]))}{(caught.Length > 3 ? ", …" : "")}); "
                + "{part: pre, value: …} and {part: post, value: …} in front of it set others";
        }
    }

    private static object? Value(MergeParameter parameter, IReadOnlyList<string> values, double depth)
    {
        List<string> faults = [];
        object?[] parsed = [.. values.Select(value => parameter.Parse(value, extrapolate: true, faults))];
        return parsed.Any(value => value is null) ? values[0]
            : parsed.All(value => value is double) ? ParameterGradient.At([.. parsed.Cast<double>()], depth)
            : ParameterGradient.StepAt(parsed, depth);
    }

    private IEnumerable<ParameterSetting> Settings() => slices
        .SelectMany(slice => slice.Sources.Prepend(slice.Slice))
        .Concat(whole)
        .SelectMany(block => block.Values)
        .Where(setting => _parameters.ContainsKey(setting.Name))
        .DistinctBy(setting => setting.Line);
}
