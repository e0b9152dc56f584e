namespace OnnxEmbed.Evaluation.Clustering;

/// <summary>
/// How far two labellings of the same items agree. The names of the labels do not matter. Logarithms are natural; definitions and edge
/// cases of https://scikit-learn.org/1.2/modules/clustering.html#clustering-performance-evaluation.
/// </summary>
public static class ClusterAgreement
{
    /// <summary>
    /// Adjusted Rand index in [-0.5, 1]: 0 expected for independent labellings, 1 for equal ones. L. Hubert and P. Arabie, "Comparing
    /// partitions", Journal of Classification 2 (1985).
    /// </summary>
    /// <exception cref="EvaluationException">The labellings differ in length or are empty.</exception>
    public static double AdjustedRand(ReadOnlySpan<int> a, ReadOnlySpan<int> b)
    {
        Contingency table = Table(a, b);
        Int128 both = 0, inA = 0, inB = 0, n = table.Total;
        foreach (int count in table.CellCounts)
            both += (Int128)count * count;
        foreach (int count in table.RowCounts)
            inA += (Int128)count * count;
        foreach (int count in table.ColumnCounts)
            inB += (Int128)count * count;

        // Ordered pairs of items: together in both, only in a, only in b, in neither.
        Int128 together = both - n, onlyA = inA - both, onlyB = inB - both, apart = (n * n) - inA - inB + both;
        if (onlyA == 0 && onlyB == 0)
            return 1;
        double numerator = 2.0 * (double)((together * apart) - (onlyA * onlyB));
        return numerator / (double)(((together + onlyB) * (onlyB + apart)) + ((together + onlyA) * (onlyA + apart)));
    }

    /// <summary>Normalised mutual information in [0, 1]: mutual information over the arithmetic mean of the two entropies.</summary>
    /// <inheritdoc cref="AdjustedRand" path="/exception"/>
    public static double NormalizedMutualInformation(ReadOnlySpan<int> a, ReadOnlySpan<int> b)
    {
        Contingency table = Table(a, b);
        if (table.RowCounts.Length == 1 && table.ColumnCounts.Length == 1)
            return 1;
        double information = table.MutualInformation();
        return information == 0 ? 0 : information / MeanEntropy(table);
    }

    /// <summary>
    /// Adjusted mutual information, at most 1: (MI - E[MI]) / (mean entropy - E[MI]), the expectation being over random labellings with the
    /// same label counts. N. X. Vinh, J. Epps and J. Bailey, "Information theoretic measures for clusterings comparison", JMLR 11 (2010).
    /// </summary>
    /// <inheritdoc cref="AdjustedRand" path="/exception"/>
    public static double AdjustedMutualInformation(ReadOnlySpan<int> a, ReadOnlySpan<int> b) =>
        AdjustedMutualInformation(Table(a, b));

    /// <summary>Homogeneity in [0, 1]: 1 when each cluster holds items of one class only.</summary>
    /// <param name="classes">The true class [n] of each item.</param>
    /// <param name="clusters">The cluster [n] of each item.</param>
    /// <inheritdoc cref="AdjustedRand" path="/exception"/>
    public static double Homogeneity(ReadOnlySpan<int> classes, ReadOnlySpan<int> clusters) =>
        HomogeneityAndCompleteness(Table(classes, clusters)).Homogeneity;

    /// <summary>Completeness in [0, 1]: 1 when all items of a class lie in one cluster.</summary>
    /// <inheritdoc cref="Homogeneity" path="/param"/>
    /// <inheritdoc cref="AdjustedRand" path="/exception"/>
    public static double Completeness(ReadOnlySpan<int> classes, ReadOnlySpan<int> clusters) =>
        HomogeneityAndCompleteness(Table(classes, clusters)).Completeness;

    /// <summary>
    /// V-measure in [0, 1]: the harmonic mean of homogeneity and completeness. A. Rosenberg and J. Hirschberg, "V-Measure", EMNLP-CoNLL
    /// 2007.
    /// </summary>
    /// <inheritdoc cref="Homogeneity" path="/param"/>
    /// <inheritdoc cref="AdjustedRand" path="/exception"/>
    public static double VMeasure(ReadOnlySpan<int> classes, ReadOnlySpan<int> clusters)
    {
        (double homogeneity, double completeness) = HomogeneityAndCompleteness(Table(classes, clusters));
        return homogeneity + completeness == 0 ? 0 : 2 * homogeneity * completeness / (homogeneity + completeness);
    }

    internal static double AdjustedMutualInformation(Contingency table)
    {
        if (table.RowCounts.Length == 1 && table.ColumnCounts.Length == 1)
            return 1;
        double expected = ExpectedInformation.Of(table);
        double range = MeanEntropy(table) - expected;
        range = range < 0 ? Math.Min(range, -Silhouette.MachineEpsilon) : Math.Max(range, Silhouette.MachineEpsilon);
        return (table.MutualInformation() - expected) / range;
    }

    private static (double Homogeneity, double Completeness) HomogeneityAndCompleteness(Contingency table)
    {
        double information = table.MutualInformation();
        double classes = Contingency.Entropy(table.RowCounts, table.Total);
        double clusters = Contingency.Entropy(table.ColumnCounts, table.Total);
        return (classes > 0 ? information / classes : 1, clusters > 0 ? information / clusters : 1);
    }

    private static double MeanEntropy(Contingency table) =>
        0.5 * (Contingency.Entropy(table.RowCounts, table.Total) + Contingency.Entropy(table.ColumnCounts, table.Total));

    private static Contingency Table(ReadOnlySpan<int> a, ReadOnlySpan<int> b)
    {
        if (a.Length != b.Length || a.Length == 0)
            throw new EvaluationException(
                $"cluster agreement: needs two labellings of the same items, got {a.Length} and {b.Length} labels");
        return Contingency.Of(LabelSet.Encode(a), LabelSet.Encode(b));
    }
}
