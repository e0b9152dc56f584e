namespace OnnxEmbed.Evaluation.Clustering;

/// <summary>
/// Silhouette: s = (b - a) / max(a, b), where a is an item's mean distance to the other items of its label and b the smallest mean distance
/// to the items of another label; 0 for an item alone with its label and where a = b = 0. P. J. Rousseeuw, "Silhouettes: a graphical aid to
/// the interpretation and validation of cluster analysis", J. Comput. Appl. Math. 20 (1987), with the edge cases of
/// https://scikit-learn.org/1.2/modules/generated/sklearn.metrics.silhouette_samples.html. Everything accumulates in double; the result
/// does not depend on the degree of parallelism.
/// </summary>
public static class Silhouette
{
    /// <summary>Silhouette [n] of each item, in [-1, 1].</summary>
    /// <param name="embeddings">Embeddings [n, d].</param>
    /// <param name="labels">Label [n] of each item; any integers.</param>
    /// <param name="distance">The distance; cosine and squared Euclidean need O(n·K·d) operations for K labels, Euclidean O(n²·d).</param>
    /// <param name="degree">Threads to use, at least 1.</param>
    /// <exception cref="EvaluationException">Not one label for each row, or not 2 to n - 1 distinct labels.</exception>
    public static double[] Samples(EmbeddingMatrix embeddings, ReadOnlySpan<int> labels, SilhouetteDistance distance, int degree)
    {
        LabelSet set = LabelSet.ForGeometry("silhouette", labels, embeddings.Rows);
        return distance == SilhouetteDistance.Euclidean
            ? EuclideanSilhouette.Samples(embeddings, set, degree)
            : ClosedFormSilhouette.Samples(embeddings, set, distance == SilhouetteDistance.Cosine, degree);
    }

    /// <summary>Mean silhouette over all items, in [-1, 1]; higher is better separated.</summary>
    /// <inheritdoc cref="Samples" path="/param"/>
    /// <inheritdoc cref="Samples" path="/exception"/>
    public static double Score(EmbeddingMatrix embeddings, ReadOnlySpan<int> labels, SilhouetteDistance distance, int degree) =>
        Samples(embeddings, labels, distance, degree).Average();

    /// <summary>Silhouette [n] of each item from a square matrix of distances [n, n].</summary>
    /// <param name="distances">Distances, row-major, with a diagonal of zeros (up to 100 ε).</param>
    /// <param name="labels">Label [n] of each item.</param>
    /// <exception cref="EvaluationException">The matrix is not n x n, its diagonal is not zero, or not 2 to n - 1 labels.</exception>
    public static double[] SamplesFromDistances(ReadOnlySpan<double> distances, ReadOnlySpan<int> labels)
    {
        int n = labels.Length;
        if ((long)n * n != distances.Length)
            throw new EvaluationException($"silhouette: needs {n} x {n} distances for {n} labels, got {distances.Length}");
        for (int i = 0; i < n; i++)
        {
            double self = Math.Abs(distances[(i * n) + i]);
            if (!(self <= 100 * MachineEpsilon))
            {
                throw new EvaluationException(
                    FormattableString.Invariant($"silhouette: needs a distance of 0 from each item to itself, got {self} for item {i}"));
            }
        }

        LabelSet set = LabelSet.ForGeometry("silhouette", labels, n);
        double[] silhouettes = new double[n];
        FromDistances(distances, set, new double[set.Count], silhouettes);
        return silhouettes;
    }

    /// <summary>2⁻⁵², the spacing of doubles at 1.</summary>
    internal const double MachineEpsilon = 2.220446049250313e-16;

    internal static void FromDistances(ReadOnlySpan<double> distances, LabelSet set, Span<double> sums, Span<double> silhouettes)
    {
        int n = set.Codes.Length;
        for (int i = 0; i < n; i++)
        {
            sums.Clear();
            ReadOnlySpan<double> row = distances.Slice(i * n, n);
            for (int j = 0; j < n; j++)
                sums[set.Codes[j]] += row[j];
            silhouettes[i] = FromSums(sums, set.Codes[i], set.Counts);
        }
    }

    /// <summary>One item's silhouette from the sum of its distances to each label [K], its distance to itself being 0.</summary>
    internal static double FromSums(ReadOnlySpan<double> sums, int own, int[] counts)
    {
        if (counts[own] == 1)
            return 0;
        double a = sums[own] / (counts[own] - 1);
        double b = double.PositiveInfinity;
        for (int label = 0; label < counts.Length; label++)
        {
            if (label != own)
                b = Math.Min(b, sums[label] / counts[label]);
        }

        double larger = Math.Max(a, b);
        return larger > 0 ? (b - a) / larger : 0;
    }
}
