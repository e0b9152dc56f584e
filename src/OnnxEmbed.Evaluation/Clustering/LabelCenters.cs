using System.Numerics.Tensors;
using OnnxEmbed.Evaluation.Kernels;

namespace OnnxEmbed.Evaluation.Clustering;

/// <summary>Label means [K, d] of mean-centred embeddings, with each label's within-label sums of distances and of squared
/// distances.</summary>
internal sealed class LabelCenters
{
    private LabelCenters(double[] centers, double[] distances, double[] squares)
    {
        Centers = centers;
        Distances = distances;
        Squares = squares;
    }

    public double[] Centers { get; }

    /// <summary>Σ |x - centre| [K] over the items of each label.</summary>
    public double[] Distances { get; }

    /// <summary>Σ |x - centre|² [K] over the items of each label.</summary>
    public double[] Squares { get; }

    public static LabelCenters Of(EmbeddingMatrix embeddings, LabelSet labels, int degree)
    {
        int d = embeddings.Width, k = labels.Count;
        double[] means = ColumnMoments.Means(embeddings, degree);
        double[] centers = RowBlocks.Sum(embeddings.Rows, k * d, degree, () => new PackedRows(RowBlocks.Size, d),
            (start, count, rows, partial) =>
            {
                rows.Load(embeddings, null, start, count, means);
                for (int i = 0; i < count; i++)
                {
                    Span<double> total = partial.AsSpan(labels.Codes[start + i] * d, d);
                    TensorPrimitives.Add(total, rows.Row(i), total);
                }
            });
        for (int label = 0; label < k; label++)
            TensorPrimitives.Divide(centers.AsSpan(label * d, d), labels.Counts[label], centers.AsSpan(label * d, d));
        double[] spreads = RowBlocks.Sum(embeddings.Rows, 2 * k, degree, () => new PackedRows(RowBlocks.Size, d),
            (start, count, rows, partial) =>
            {
                rows.Load(embeddings, null, start, count, means);
                for (int i = 0; i < count; i++)
                {
                    int label = labels.Codes[start + i];
                    Span<double> row = rows.Row(i);
                    TensorPrimitives.Subtract(row, centers.AsSpan(label * d, d), row);
                    double square = TensorPrimitives.SumOfSquares<double>(row);
                    partial[label] += Math.Sqrt(square);
                    partial[k + label] += square;
                }
            });
        return new LabelCenters(centers, spreads[..k], spreads[k..]);
    }
}
