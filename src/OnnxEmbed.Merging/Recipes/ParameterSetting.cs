namespace OnnxEmbed.Merging.Recipes;

/// <summary>What a recipe says of one parameter: values for tensors, of which the first that fits counts.</summary>
/// <param name="Name">The parameter.</param>
/// <param name="Entries">Values in their order.</param>
/// <param name="Line">Where it stands.</param>
internal sealed record ParameterSetting(string Name, IReadOnlyList<ParameterEntry> Entries, int Line)
{
    /// <summary>The one value, where it is the same for every tensor.</summary>
    public string? Constant => Entries is [{ Filter: null, Part: null, IsGradient: false } only, ..] ? only.Values[0] : null;

    public static ParameterSetting Of(string name, string value, int line = 0) =>
        new(name, [new ParameterEntry(null, null, [value], line)], line);
}
