using OnnxEmbed.Onnx.Building;

namespace OnnxEmbed.Kernels.Rewriting;

/// <summary>The rows that a chain runs over: the extents before the last axis, and the width, unless only narrow values were met.</summary>
internal sealed record RowDomain(SymbolicShape Lead, Dim? Width)
{
    /// <summary>The rows of a value that is wide, or narrow where its last extent is 1; null where it has no row axis.</summary>
    public static RowDomain? Of(Value value) => value.Rank < 2
        ? null
        : new RowDomain(new SymbolicShape(value.Shape.SkipLast(1)), value.Shape.At(-1).IsOne ? (Dim?)null : value.Shape.At(-1));

    /// <summary>The domain of two chains together, or null where their rows differ.</summary>
    public RowDomain? With(RowDomain other) =>
        !Lead.Equals(other.Lead) || (Width is { } own && other.Width is { } its && own != its) ? null : new RowDomain(Lead, Width ?? other.Width);

    /// <summary>Whether a value is a row for each row of the domain.</summary>
    public bool IsWhole(Value value) =>
        Width is { } width && value.Rank == Lead.Rank + 1 && value.Shape.At(-1) == width && value.Shape.SkipLast(1).SequenceEqual(Lead);

    /// <summary>Whether a value is a number for each row of the domain.</summary>
    public bool IsNarrow(Value value) =>
        value.Rank == Lead.Rank + 1 && value.Shape.At(-1).IsOne && value.Shape.SkipLast(1).SequenceEqual(Lead);

    /// <summary>
    /// Whether a kernel can read the value along the rows: it is whole or narrow, a single number, or it broadcasts over leading axes only,
    /// so that its rows repeat.
    /// </summary>
    public bool CanRead(Value value)
    {
        Dim[] extents = [.. value.Shape.SkipWhile(extent => extent.IsOne)];
        if (extents.Length == 0)
        {
            return true;
        }

        bool isNarrow = value.Shape.At(-1).IsOne;
        if (!isNarrow && (Width is not { } width || extents[^1] != width))
        {
            return false;
        }

        Dim[] rows = extents[..^1];
        return rows.Length <= Lead.Rank && rows.SequenceEqual(Lead.Skip(Lead.Rank - rows.Length));
    }
}
