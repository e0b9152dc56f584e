namespace OnnxEmbed.Data.Numbers;

/// <summary>One sequence of a pair or of a factorial group.</summary>
/// <param name="Sequence">The elements.</param>
/// <param name="Label">Whether the property holds.</param>
/// <param name="Cell">For factorial designs, which of the two components hold; else null.</param>
internal readonly record struct NumberRow(long[] Sequence, bool Label, string? Cell = null);
