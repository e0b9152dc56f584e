using OnnxEmbed.Kernels.Rows;
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

    /// <summary>Whether a kernel can read the value along the rows: it broadcasts to the whole, or to a number for each row.</summary>
    public bool CanRead(Value value)
    {
        if (value.Rank == 0)
        {
            return true;
        }

        bool fits = value.Shape.At(-1).IsOne || (Width is { } width && value.Shape.At(-1) == width);
        Dim[] rows = [.. value.Shape.SkipLast(1).SkipWhile(extent => extent.IsOne)];
        return fits && Lead.Rank <= RowOperand.MostAxes && rows.Length <= Lead.Rank
            && rows.Zip(Lead.Skip(Lead.Rank - rows.Length)).All(pair => pair.First.IsOne || pair.First == pair.Second);
    }
}
