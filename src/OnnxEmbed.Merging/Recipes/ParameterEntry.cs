namespace OnnxEmbed.Merging.Recipes;

/// <summary>A value of a parameter, and the tensors that it is for.</summary>
/// <param name="Filter">Names; null for all.</param>
/// <param name="Part">Before, in or after the layers; null for all.</param>
/// <param name="Values">One value, or a gradient over the layers from the first to the last.</param>
/// <param name="Line">Where it stands.</param>
internal sealed record ParameterEntry(TensorFilter? Filter, TensorPart? Part, IReadOnlyList<string> Values, int Line)
{
    public bool IsGradient => Values.Count > 1;

    public bool Matches(TensorPlace place) => (Part is null || Part == place.Part) && (Filter is null || Filter.Matches(place));
}
