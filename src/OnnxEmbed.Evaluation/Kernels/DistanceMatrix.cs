using System.Numerics.Tensors;
using OnnxEmbed.Evaluation.Clustering;

namespace OnnxEmbed.Evaluation.Kernels;

/// <summary>All distances [m, m] between selected rows, kept in memory: for tests that use them many times.</summary>
internal static class DistanceMatrix
{
    public static double[] Of(EmbeddingMatrix embeddings, int[] rows, SilhouetteDistance distance, int degree)
    {
        int m = rows.Length;
        bool cosine = distance == SilhouetteDistance.Cosine;
        double[]? scales = cosine ? ColumnMoments.InverseNorms(embeddings, degree) : null;
        double[]? offset = cosine ? null : ColumnMoments.Means(embeddings, degree);
        PackedRows all = new(m, embeddings.Width);
        all.Load(embeddings, rows, 0, m, offset, scales);
        double[] distances = new double[checked(m * m)];
        RowBlocks.ForRows(m, degree, () => new PackedRows(RowBlocks.Size, embeddings.Width), (start, count, block) =>
        {
            block.Load(embeddings, rows, start, count, offset, scales);
            double[] tile = new double[block.PaddedCount * all.PaddedCount];
            DotTile.Multiply(block.Values, block.PaddedCount, all.Values, all.PaddedCount, all.PaddedWidth, tile);
            for (int i = 0; i < count; i++)
            {
                Span<double> row = distances.AsSpan((start + i) * m, m);
                for (int j = 0; j < m; j++)
                    row[j] = j == start + i ? 0 : One(tile[(i * all.PaddedCount) + j], block.Row(i), all.Row(j), distance);
            }
        });
        return distances;
    }

    private static double One(double product, ReadOnlySpan<double> x, ReadOnlySpan<double> y, SilhouetteDistance distance)
    {
        if (distance == SilhouetteDistance.Cosine)
            return Math.Clamp(1 - product, 0, 2);
        double length = TensorPrimitives.Distance(x, y);
        return distance == SilhouetteDistance.Euclidean ? length : length * length;
    }
}
