namespace OnnxEmbed.Evaluation.Clustering;

/// <summary>Expected mutual information of two random labellings with given label counts (hypergeometric model), in nats.</summary>
internal static class ExpectedInformation
{
    public static double Of(Contingency table)
    {
        int n = table.Total;
        double[] logFactorials = new double[n + 1];
        for (int i = 2; i <= n; i++)
            logFactorials[i] = logFactorials[i - 1] + Math.Log(i);

        // Labels of equal size contribute alike: group them by size.
        (int Size, int Times)[] rows = BySize(table.RowCounts), columns = BySize(table.ColumnCounts);
        double expected = 0;
        foreach ((int a, int timesA) in rows)
        {
            foreach ((int b, int timesB) in columns)
                expected += (double)timesA * timesB * Pair(a, b, n, logFactorials);
        }

        return expected;
    }

    // Σ over the possible overlaps m of m/n · ln(n m / (a b)) · P(overlap = m); Vinh et al. 2010, equation 24a.
    private static double Pair(int a, int b, int n, double[] logFactorials)
    {
        double sum = 0;
        double constant = logFactorials[a] + logFactorials[b] + logFactorials[n - a] + logFactorials[n - b] - logFactorials[n];
        for (int m = Math.Max(1, a + b - n); m <= Math.Min(a, b); m++)
        {
            double ways = logFactorials[m] + logFactorials[a - m] + logFactorials[b - m] + logFactorials[n - a - b + m];
            sum += m / (double)n * Math.Log((double)n * m / ((double)a * b)) * Math.Exp(constant - ways);
        }

        return sum;
    }

    private static (int Size, int Times)[] BySize(int[] counts) =>
        [.. counts.CountBy(count => count).OrderBy(group => group.Key).Select(group => (group.Key, group.Value))];
}
