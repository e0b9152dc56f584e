using System.Numerics.Tensors;
using OnnxEmbed.Evaluation.Clustering;
using OnnxEmbed.Evaluation.Kernels;
using OnnxEmbed.Tensors;

namespace OnnxEmbed.Evaluation.Statistics;

/// <summary>
/// What a silhouette would be if the labels meant nothing: its null value depends on the geometry (it is not 0), so a silhouette is
/// reported
/// with its z-score against permuted labels. Distances are computed once and only the labels move.
/// </summary>
public static class SilhouettePermutation
{
    /// <summary>Tests the mean silhouette.</summary>
    /// <param name="embeddings">Embeddings [n, d].</param>
    /// <param name="labels">Label [n] of each item.</param>
    /// <param name="distance">The distance.</param>
    /// <param name="permutations">Number of permutations, at least 19.</param>
    /// <param name="maxRows">Most rows used (their distances are kept: 8 bytes x rows²); beyond it a random sample, even over
    /// labels.</param>
    /// <param name="seed">Seed of the sample and the permutations.</param>
    /// <param name="degree">Threads to use, at least 1.</param>
    /// <exception cref="OptionException">Fewer than 19 permutations or 10 rows.</exception>
    /// <exception cref="EvaluationException">Not one label for each row, or not 2 to n - 1 distinct labels.</exception>
    public static PermutationResult Test(
        EmbeddingMatrix embeddings, ReadOnlySpan<int> labels, SilhouetteDistance distance, int permutations, int maxRows, ulong seed,
        int degree)
    {
        if (permutations < 19 || maxRows < 10)
            throw new OptionException($"permutation test: needs at least 19 permutations and 10 rows, got {permutations} and {maxRows}");
        LabelSet all = LabelSet.ForGeometry("silhouette", labels, embeddings.Rows);
        int[] rows = LabelSample.Rows(all, maxRows, new RandomStream(seed));
        int[] sampled = [.. rows.Select(row => all.Values[all.Codes[row]])];
        LabelSet set = LabelSet.ForGeometry("silhouette", sampled, rows.Length);
        double[] distances = DistanceMatrix.Of(embeddings, rows, distance, degree);
        double observed = Score(distances, set.Codes, set.Counts);
        double[] scores = new double[permutations];
        RowBlocks.For(permutations, degree, () => new int[rows.Length], (permutation, codes) =>
        {
            set.Codes.CopyTo(codes, 0);
            new RandomStream(seed, (ulong)permutation + 1).Shuffle(codes.AsSpan());
            scores[permutation] = Score(distances, codes, set.Counts);
        });
        return PermutationResult.Of(observed, scores, rows.Length);
    }

    private static double Score(double[] distances, int[] codes, int[] counts)
    {
        int n = codes.Length;
        double[] sums = new double[counts.Length];
        double total = 0;
        for (int i = 0; i < n; i++)
        {
            Array.Clear(sums);
            ReadOnlySpan<double> row = distances.AsSpan(i * n, n);
            for (int j = 0; j < row.Length; j++)
                sums[codes[j]] += row[j];
            total += Silhouette.FromSums(sums, codes[i], counts);
        }

        return total / n;
    }
}
