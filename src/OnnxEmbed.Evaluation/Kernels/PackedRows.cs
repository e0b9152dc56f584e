using System.Numerics.Tensors;

namespace OnnxEmbed.Evaluation.Kernels;

/// <summary>
/// A block of rows widened to double, shifted by an offset (usually the column means), scaled, and padded with zeros for
/// <see cref="DotTile"/>. Reused by the thread that owns it.
/// </summary>
internal sealed class PackedRows
{
    /// <summary>Room for <paramref name="capacity"/> rows of <paramref name="width"/> coordinates.</summary>
    public PackedRows(int capacity, int width)
    {
        Width = width;
        PaddedWidth = Pad(width, DotTile.WidthMultiple);
        Values = new double[checked(Pad(capacity, DotTile.RowMultiple) * PaddedWidth)];
    }

    public double[] Values { get; }

    public int Width { get; }

    public int PaddedWidth { get; }

    public int Count { get; private set; }

    public int PaddedCount => Pad(Count, DotTile.RowMultiple);

    /// <summary>The coordinates of one packed row, without the padding.</summary>
    public Span<double> Row(int row) => Values.AsSpan(row * PaddedWidth, Width);

    /// <summary>Packs rows [start, start + count) of <paramref name="order"/>, or of the matrix itself when it is null.</summary>
    public void Load(EmbeddingMatrix source, int[]? order, int start, int count, double[]? offset, double[]? scales = null)
    {
        Resize(count);
        for (int i = 0; i < count; i++)
        {
            int sourceRow = order is null ? start + i : order[start + i];
            Span<double> row = Row(i);
            Widen(source.Row(sourceRow), row);
            if (scales is not null)
                TensorPrimitives.Multiply(row, scales[sourceRow], row);
            if (offset is not null)
                TensorPrimitives.Subtract(row, offset, row);
        }
    }

    /// <summary>Packs rows of a double matrix [count, width].</summary>
    public void Load(ReadOnlySpan<double> source, int count)
    {
        Resize(count);
        for (int i = 0; i < count; i++)
            source.Slice(i * Width, Width).CopyTo(Row(i));
    }

    /// <summary>Sets the number of rows and clears the padding rows.</summary>
    public void Resize(int count)
    {
        Count = count;
        Values.AsSpan(count * PaddedWidth, (PaddedCount - count) * PaddedWidth).Clear();
    }

    public static void Widen(ReadOnlySpan<float> source, Span<double> target) =>
        TensorPrimitives.ConvertTruncating(source, target);

    public static int Pad(int value, int multiple) => checked((value + multiple - 1) / multiple * multiple);
}
