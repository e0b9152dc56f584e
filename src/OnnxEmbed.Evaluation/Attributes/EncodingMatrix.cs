using OnnxEmbed.Evaluation.Clustering;
using OnnxEmbed.Evaluation.Kernels;
using OnnxEmbed.Evaluation.Statistics;
using OnnxEmbed.Tensors;

namespace OnnxEmbed.Evaluation.Attributes;

/// <summary>Measures which columns a clustering follows, with permutation p-values.</summary>
public static class EncodingMatrix
{
    /// <summary>Agreement of <paramref name="clusters"/> with one column.</summary>
    /// <param name="name">Name of the column.</param>
    /// <param name="isTarget">Whether it is the label of the evaluation.</param>
    /// <param name="isNumeric">Whether its values are buckets of numbers.</param>
    /// <param name="clusters">Cluster [n] of each item.</param>
    /// <param name="codes">Value [n] of each item in the column.</param>
    /// <param name="permutations">Number of permutations, at least 19.</param>
    /// <param name="seed">Seed of the permutations.</param>
    /// <param name="degree">Threads to use, at least 1.</param>
    /// <exception cref="EvaluationException">The lengths differ or are 0.</exception>
    /// <exception cref="OptionException">Fewer than 19 permutations.</exception>
    public static AttributeEncoding Measure(
        string name, bool isTarget, bool isNumeric, ReadOnlySpan<int> clusters, ReadOnlySpan<int> codes, int permutations, ulong seed,
        int degree)
    {
        if (permutations < 19)
            throw new OptionException($"permutation test: needs at least 19 permutations, got {permutations}");
        double ari = ClusterAgreement.AdjustedRand(clusters, codes);
        LabelSet found = LabelSet.Encode(clusters), column = LabelSet.Encode(codes);
        return new AttributeEncoding(
            name,
            isTarget,
            isNumeric,
            column.Count,
            ari,
            ClusterAgreement.AdjustedMutualInformation(clusters, codes),
            ClusterAgreement.NormalizedMutualInformation(clusters, codes),
            PValue(found, column, permutations, seed, degree));
    }

    // The label counts stay under permutation, so mutual information is ordered as Σ n_ij ln n_ij.
    private static double PValue(LabelSet clusters, LabelSet column, int permutations, ulong seed, int degree)
    {
        int n = column.Codes.Length;
        double[] terms = new double[n + 1];
        for (int count = 2; count <= n; count++)
            terms[count] = count * Math.Log(count);
        double observed = Information(clusters, column.Codes, column.Count, terms, new int[clusters.Count * column.Count]);

        // Equal tables summed in another order differ by rounding only.
        double threshold = observed - (1e-12 * Math.Abs(observed));
        bool[] extreme = new bool[permutations];
        (int[] Codes, int[] Table) NewBuffers() => (new int[n], new int[clusters.Count * column.Count]);
        RowBlocks.For(permutations, degree, NewBuffers, (permutation, buffers) =>
        {
            column.Codes.CopyTo(buffers.Codes, 0);
            new RandomStream(seed, (ulong)permutation).Shuffle(buffers.Codes.AsSpan());
            extreme[permutation] = Information(clusters, buffers.Codes, column.Count, terms, buffers.Table) >= threshold;
        });
        return (1 + extreme.Count(value => value)) / (1.0 + permutations);
    }

    private static double Information(LabelSet clusters, int[] codes, int values, double[] terms, int[] table)
    {
        Array.Clear(table);
        for (int i = 0; i < codes.Length; i++)
            table[(clusters.Codes[i] * values) + codes[i]]++;
        double sum = 0;
        foreach (int count in table)
            sum += terms[count];
        return sum;
    }
}
