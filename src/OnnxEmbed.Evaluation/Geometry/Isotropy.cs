using System.Numerics.Tensors;
using OnnxEmbed.Evaluation.Kernels;

namespace OnnxEmbed.Evaluation.Geometry;

/// <summary>How evenly embeddings fill the directions of their space.</summary>
public static class Isotropy
{
    /// <summary>
    /// Mean cosine over all pairs of different items, in [-1, 1]: near 0 where directions are even, near 1 in a narrow cone. K. Ethayarajh,
    /// "How contextual are contextualized word representations?", EMNLP 2019. A row of zeros has cosine 0 with every other.
    /// </summary>
    /// <param name="embeddings">Embeddings [n, d], n at least 2.</param>
    /// <param name="degree">Threads to use, at least 1.</param>
    /// <exception cref="EvaluationException">A single row.</exception>
    public static double MeanCosine(EmbeddingMatrix embeddings, int degree)
    {
        if (embeddings.Rows < 2)
            throw new EvaluationException("mean cosine: needs at least 2 rows, got 1");
        double[] scales = ColumnMoments.InverseNorms(embeddings, degree);
        double[] sum = RowBlocks.Sum(embeddings.Rows, embeddings.Width, degree, () => new double[embeddings.Width],
            (start, count, buffer, partial) =>
            {
                for (int row = start; row < start + count; row++)
                {
                    PackedRows.Widen(embeddings.Row(row), buffer);
                    TensorPrimitives.MultiplyAdd<double>(buffer, scales[row], partial, partial);
                }
            });

        // |Σ u|² counts each ordered pair once and each item with itself: 1, or 0 for a row of zeros.
        double n = embeddings.Rows;
        double self = n - scales.Count(scale => scale == 0);
        return (TensorPrimitives.SumOfSquares<double>(sum) - self) / (n * (n - 1));
    }
}
