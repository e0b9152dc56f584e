using System.Numerics.Tensors;
using OnnxEmbed.Evaluation.Kernels;

namespace OnnxEmbed.Evaluation.Clustering;

/// <summary>
/// Exact silhouette in O(n·K·d) operations for distances that are a squared norm. With rows u and the mean m of all rows,
/// Σ_{v of label c} |u - v|² = n_c |u - m|² + Σ_v |v - m|² - 2 (u - m)·Σ_v (v - m). Cosine is the case of unit rows: 1 - u·v = |u - v|² /
/// 2,
/// plus 1/2 for each of u, v that is a row of zeros. Shifting by m keeps the digits of narrow cones and of large offsets.
/// </summary>
internal static class ClosedFormSilhouette
{
    // A sum of squares below this share of the terms it is left over from is rounding: the items coincide.
    private const double RoundingShare = 1e-13;

    public static double[] Samples(EmbeddingMatrix embeddings, LabelSet labels, bool cosine, int degree)
    {
        int n = embeddings.Rows, d = embeddings.Width, k = labels.Count;
        double[]? scales = cosine ? ColumnMoments.InverseNorms(embeddings, degree) : null;
        double[] mean = MeanOf(embeddings, scales, degree);
        double[] squares = new double[n];
        double[] zeros = new double[k];

        // [K, d] sums of v - m, then [K] sums of |v - m|².
        double[] sums = RowBlocks.Sum(n, (k * d) + k, degree, () => new PackedRows(RowBlocks.Size, d), (start, count, rows, partial) =>
        {
            rows.Load(embeddings, null, start, count, mean, scales);
            for (int i = 0; i < count; i++)
            {
                int code = labels.Codes[start + i];
                Span<double> total = partial.AsSpan(code * d, d);
                TensorPrimitives.Add(total, rows.Row(i), total);
                squares[start + i] = TensorPrimitives.SumOfSquares<double>(rows.Row(i));
                partial[(k * d) + code] += squares[start + i];
            }
        });
        for (int i = 0; scales is not null && i < n; i++)
            zeros[labels.Codes[i]] += scales[i] == 0 ? 1 : 0;

        PackedRows centers = new(k, d);
        centers.Load(sums, k);
        double[] silhouettes = new double[n];
        RowBlocks.ForRows(n, degree, () => new Buffers(d, k, centers.PaddedCount), (start, count, buffers) =>
        {
            buffers.Rows.Load(embeddings, null, start, count, mean, scales);
            DotTile.Multiply(buffers.Rows, centers, buffers.Products);
            for (int i = 0; i < count; i++)
            {
                int row = start + i;
                ReadOnlySpan<double> products = buffers.Products.AsSpan(i * centers.PaddedCount, k);
                for (int label = 0; label < k; label++)
                {
                    double spread = (labels.Counts[label] * squares[row]) + sums[(k * d) + label];
                    double sum = spread - (2 * products[label]);
                    buffers.Sums[label] = sum > RoundingShare * spread ? sum : 0;
                }

                if (scales is not null)
                    ToCosine(buffers.Sums, labels, zeros, labels.Codes[row], scales[row] == 0);
                silhouettes[row] = Silhouette.FromSums(buffers.Sums, labels.Codes[row], labels.Counts);
            }
        });
        return silhouettes;
    }

    private static void ToCosine(Span<double> sums, LabelSet labels, double[] zeros, int own, bool isZero)
    {
        for (int label = 0; label < sums.Length; label++)
            sums[label] = 0.5 * (sums[label] + zeros[label] + (isZero ? labels.Counts[label] : 0));

        // The item itself is at distance 0, not at the 1/2 + 1/2 of two rows of zeros.
        if (isZero)
            sums[own] -= 1;
    }

    private static double[] MeanOf(EmbeddingMatrix embeddings, double[]? scales, int degree)
    {
        if (scales is null)
            return ColumnMoments.Means(embeddings, degree);
        double[] mean = RowBlocks.Sum(embeddings.Rows, embeddings.Width, degree, () => new double[embeddings.Width],
            (start, count, buffer, partial) =>
            {
                for (int row = start; row < start + count; row++)
                {
                    PackedRows.Widen(embeddings.Row(row), buffer);
                    TensorPrimitives.MultiplyAdd<double>(buffer, scales[row], partial, partial);
                }
            });
        TensorPrimitives.Divide(mean, embeddings.Rows, mean);
        return mean;
    }

    private sealed class Buffers(int width, int labels, int paddedLabels)
    {
        public PackedRows Rows { get; } = new(RowBlocks.Size, width);

        public double[] Products { get; } = new double[RowBlocks.Size * paddedLabels];

        public double[] Sums { get; } = new double[labels];
    }
}
