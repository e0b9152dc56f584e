using System.Numerics.Tensors;

namespace OnnxEmbed.Evaluation.Clustering;

/// <summary>
/// Davies-Bouldin index: the mean over labels k of max_j (S_k + S_j) / M_kj, where S is a label's mean Euclidean distance to its centroid
/// and M
/// the distance of two centroids. D. L. Davies and D. W. Bouldin, "A Cluster Separation Measure", IEEE TPAMI 1 (1979), with the edge cases
/// of https://scikit-learn.org/1.2/modules/generated/sklearn.metrics.davies_bouldin_score.html.
/// </summary>
public static class DaviesBouldin
{
    // numpy.allclose(x, 0): the absolute tolerance under which the reference takes all spreads, or all separations, as none.
    private const double NoSpread = 1e-8;

    /// <summary>
    /// Index in [0, ∞); lower is better separated. 0 when every S or every M is at most 1e-8; pairs of coincident centroids are left out.
    /// </summary>
    /// <param name="embeddings">Embeddings [n, d]; normalise the rows first for an index on directions.</param>
    /// <param name="labels">Label [n] of each item.</param>
    /// <param name="degree">Threads to use, at least 1.</param>
    /// <exception cref="EvaluationException">Not one label for each row, or not 2 to n - 1 distinct labels.</exception>
    public static double Score(EmbeddingMatrix embeddings, ReadOnlySpan<int> labels, int degree)
    {
        LabelSet set = LabelSet.ForGeometry("Davies-Bouldin", labels, embeddings.Rows);
        LabelCenters centers = LabelCenters.Of(embeddings, set, degree);
        int k = set.Count, d = embeddings.Width;
        double[] spreads = new double[k];
        for (int label = 0; label < k; label++)
            spreads[label] = centers.Distances[label] / set.Counts[label];
        double[] worst = new double[k];
        double largestSeparation = 0;
        for (int i = 0; i < k; i++)
        {
            for (int j = i + 1; j < k; j++)
            {
                double separation = TensorPrimitives.Distance<double>(centers.Centers.AsSpan(i * d, d), centers.Centers.AsSpan(j * d, d));
                largestSeparation = Math.Max(largestSeparation, separation);
                double ratio = separation > 0 ? (spreads[i] + spreads[j]) / separation : 0;
                worst[i] = Math.Max(worst[i], ratio);
                worst[j] = Math.Max(worst[j], ratio);
            }
        }

        return spreads.Max() <= NoSpread || largestSeparation <= NoSpread ? 0 : worst.Average();
    }
}
