namespace OnnxEmbed.Merging.Methods;

/// <summary>What becomes of a tensor: a copy of one source's, Σ factor · tensor, or a formula of its elements.</summary>
/// <param name="Factors">Factor of each source, the base first where there is one; a source with factor 0 takes no part.</param>
/// <param name="CopyOf">Index of the source whose values are taken over as they are; null for a blend.</param>
/// <param name="Action">What the report says was done.</param>
/// <param name="Warning">What the user should know; null for nothing.</param>
internal sealed record TensorBlend(IReadOnlyList<double> Factors, int? CopyOf, string Action, string? Warning = null)
{
    /// <summary>What computes the elements; null for a copy or a sum.</summary>
    public ElementFormula? Formula { get; init; }

    /// <summary>The rows that <see cref="Formula"/> gets whole; null where any block will do.</summary>
    public RowLayout? Rows { get; init; }

    /// <summary>Numbers of this tensor that the report shows, by name.</summary>
    public IReadOnlyDictionary<string, double> Figures { get; init; } = new Dictionary<string, double>();

    public static TensorBlend Copy(int index, int count, string action) =>
        new([.. Enumerable.Range(0, count).Select(i => i == index ? 1.0 : 0.0)], index, action);

    /// <summary>Whether the values of a source go into the result.</summary>
    public bool Uses(int source) => Formula is not null || (CopyOf is { } copied ? copied == source : Factors[source] != 0);
}
