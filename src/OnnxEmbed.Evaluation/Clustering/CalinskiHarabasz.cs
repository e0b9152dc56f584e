using System.Numerics.Tensors;

namespace OnnxEmbed.Evaluation.Clustering;

/// <summary>
/// Calinski-Harabasz index: B (n - K) / (W (K - 1)), the variance between labels over that within them. T. Caliński and J. Harabasz, "A
/// dendrite method for cluster analysis", Communications in Statistics 3 (1974), with the edge cases of
/// https://scikit-learn.org/1.2/modules/generated/sklearn.metrics.calinski_harabasz_score.html.
/// </summary>
public static class CalinskiHarabasz
{
    /// <summary>Index in [0, ∞); higher is better separated; 1 when W = 0.</summary>
    /// <param name="embeddings">Embeddings [n, d].</param>
    /// <param name="labels">Label [n] of each item.</param>
    /// <param name="degree">Threads to use, at least 1.</param>
    /// <exception cref="EvaluationException">Not one label for each row, or not 2 to n - 1 distinct labels.</exception>
    public static double Score(EmbeddingMatrix embeddings, ReadOnlySpan<int> labels, int degree)
    {
        LabelSet set = LabelSet.ForGeometry("Calinski-Harabasz", labels, embeddings.Rows);
        LabelCenters centers = LabelCenters.Of(embeddings, set, degree);
        int k = set.Count, d = embeddings.Width;
        double within = centers.Squares.Sum();
        if (within == 0)
            return 1;

        // The centres are relative to the mean of all rows.
        double between = 0;
        for (int label = 0; label < k; label++)
            between += set.Counts[label] * TensorPrimitives.SumOfSquares<double>(centers.Centers.AsSpan(label * d, d));
        return between * (embeddings.Rows - k) / (within * (k - 1));
    }
}
