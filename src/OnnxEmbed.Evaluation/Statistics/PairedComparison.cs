namespace OnnxEmbed.Evaluation.Statistics;

/// <summary>Compares two embeddings by what each scores on the same items.</summary>
public static class PairedComparison
{
    // Up to 2¹⁴ assignments of signs are counted one by one.
    private const int ExactUnits = 14;

    // Sums within this share of the observed one are as large as it: they differ by rounding.
    private const double TieShare = 1e-12;

    /// <summary>
    /// Mean difference a - b, its 95 % bootstrap interval and a sign-flip p-value (R. A. Fisher's randomisation test: under the null the
    /// sign
    /// of each unit's difference is a coin toss; p = share of assignments with |sum| at least as large, the observed one included).
    /// </summary>
    /// <param name="a">Score [n] of each item by the first.</param>
    /// <param name="b">Score [n] of each item by the second.</param>
    /// <param name="units">Unit [n] of each item: items of a generated pair are not independent. Empty: each item alone.</param>
    /// <param name="resamples">Bootstrap resamples, and random assignments of signs where there are more than 14 units; at least
    /// 100.</param>
    /// <param name="seed">Seed of the draws.</param>
    /// <exception cref="EvaluationException">The lengths differ or are 0.</exception>
    /// <exception cref="Tensors.OptionException">Fewer than 100 resamples.</exception>
    public static PairedDifference Compare(
        ReadOnlySpan<double> a, ReadOnlySpan<double> b, ReadOnlySpan<int> units, int resamples, ulong seed)
    {
        if (a.Length != b.Length || a.IsEmpty)
            throw new EvaluationException($"paired comparison: needs two scores for each item, got {a.Length} and {b.Length}");
        double[] differences = new double[a.Length];
        for (int i = 0; i < differences.Length; i++)
            differences[i] = a[i] - b[i];
        Interval interval = BootstrapInterval.OfMean(differences, units, resamples, seed);
        ResamplingUnits groups = ResamplingUnits.Of(units, a.Length);
        double[] sums = [.. groups.Members.Select(unit => unit.Sum(item => differences[item]))];
        bool exact = sums.Length <= ExactUnits;
        double p = exact ? ExactSignFlip(sums) : RandomSignFlip(sums, resamples, new RandomStream(seed, 1));
        return new PairedDifference(differences.Average(), interval, p, sums.Length, exact);
    }

    private static double ExactSignFlip(double[] sums)
    {
        double observed = Math.Abs(sums.Sum()) * (1 - TieShare);
        int assignments = 1 << sums.Length, extreme = 0;
        for (int signs = 0; signs < assignments; signs++)
        {
            double sum = 0;
            for (int unit = 0; unit < sums.Length; unit++)
                sum += ((signs >> unit) & 1) == 0 ? sums[unit] : -sums[unit];
            extreme += Math.Abs(sum) >= observed ? 1 : 0;
        }

        return extreme / (double)assignments;
    }

    private static double RandomSignFlip(double[] sums, int assignments, RandomStream random)
    {
        double observed = Math.Abs(sums.Sum()) * (1 - TieShare);
        int extreme = 1;
        for (int assignment = 0; assignment < assignments; assignment++)
        {
            double sum = 0;
            foreach (double value in sums)
                sum += (random.NextBits() >> 63) == 0 ? value : -value;
            extreme += Math.Abs(sum) >= observed ? 1 : 0;
        }

        return extreme / (double)(assignments + 1);
    }
}
