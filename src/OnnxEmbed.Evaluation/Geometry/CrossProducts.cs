using System.Numerics.Tensors;
using OnnxEmbed.Evaluation.Kernels;

namespace OnnxEmbed.Evaluation.Geometry;

/// <summary>XᵀY of two centred matrices with the same rows, panel by panel of columns of X, so that memory does not grow with n.</summary>
internal static class CrossProducts
{
    public const int PanelColumns = 64;

    /// <summary>Gives each panel [panel columns, columns of y] to <paramref name="visit"/>(first column of the panel, columns, values,
    /// stride).</summary>
    public static void ForPanels(
        EmbeddingMatrix x, double[] xMeans, EmbeddingMatrix y, double[] yMeans, int degree, Action<int, int, double[], int> visit)
    {
        int panels = (x.Width + PanelColumns - 1) / PanelColumns;
        int stride = PackedRows.Pad(y.Width, DotTile.RowMultiple);
        RowBlocks.For(panels, degree, () => new Buffers(y.Width, stride), (panel, buffers) =>
        {
            int first = panel * PanelColumns, columns = Math.Min(PanelColumns, x.Width - first);
            int padded = PackedRows.Pad(columns, DotTile.RowMultiple);
            Array.Clear(buffers.Totals);
            for (int start = 0; start < x.Rows; start += RowBlocks.Size)
            {
                int count = Math.Min(RowBlocks.Size, x.Rows - start);
                Transpose(x, xMeans, first, columns, start, count, buffers.Panel);
                Transpose(y, yMeans, 0, y.Width, start, count, buffers.Other);
                DotTile.Multiply(buffers.Panel, padded, buffers.Other, stride, RowBlocks.Size, buffers.Products);
                Span<double> totals = buffers.Totals.AsSpan(0, padded * stride);
                TensorPrimitives.Add(totals, buffers.Products.AsSpan(0, padded * stride), totals);
            }

            visit(first, columns, buffers.Totals, stride);
        });
    }

    // target[c, i] = source[start + i, first + c] - means[first + c]; rows beyond the block are 0.
    private static void Transpose(EmbeddingMatrix source, double[] means, int first, int columns, int start, int count, double[] target)
    {
        Array.Clear(target);
        for (int i = 0; i < count; i++)
        {
            ReadOnlySpan<float> row = source.Row(start + i).Slice(first, columns);
            for (int c = 0; c < columns; c++)
                target[(c * RowBlocks.Size) + i] = row[c] - means[first + c];
        }
    }

    private sealed class Buffers(int otherColumns, int stride)
    {
        public double[] Panel { get; } = new double[PanelColumns * RowBlocks.Size];

        public double[] Other { get; } = new double[PackedRows.Pad(otherColumns, DotTile.RowMultiple) * RowBlocks.Size];

        public double[] Products { get; } = new double[PanelColumns * stride];

        public double[] Totals { get; } = new double[PanelColumns * stride];
    }
}
