namespace OnnxEmbed.Data.Audit;

/// <summary>Area under the receiver operating characteristic curve.</summary>
internal static class AreaUnderCurve
{
    /// <summary>
    /// AUC = P(score of a positive &gt; score of a negative) + P(equal) / 2, by the rank sum with mean ranks for ties (Mann and Whitney
    /// 1947).
    /// NaN when one class is missing.
    /// </summary>
    public static double Of(ReadOnlySpan<double> scores, ReadOnlySpan<bool> labels)
    {
        int[] order = new int[scores.Length];
        double[] sorted = scores.ToArray();
        for (int i = 0; i < order.Length; i++)
        {
            order[i] = i;
        }

        Array.Sort(sorted, order);
        double rankSum = 0;
        long positives = 0;
        for (int start = 0; start < order.Length;)
        {
            int end = start;
            while (end < order.Length && sorted[end] == sorted[start])
            {
                end++;
            }

            double meanRank = (start + 1 + end) / 2.0;
            for (int i = start; i < end; i++)
            {
                if (labels[order[i]])
                {
                    rankSum += meanRank;
                    positives++;
                }
            }

            start = end;
        }

        long negatives = order.Length - positives;
        return (rankSum - (positives * (positives + 1) / 2.0)) / ((double)positives * negatives);
    }

    /// <summary>Standard error of the AUC of scores that say nothing: √((m + n + 1) / (12·m·n)) for m positives and n negatives.</summary>
    public static double StandardErrorAtChance(long positives, long negatives) =>
        Math.Sqrt((positives + negatives + 1) / (12.0 * positives * negatives));
}
