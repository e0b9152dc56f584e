using OnnxEmbed.Evaluation.Clustering;

namespace OnnxEmbed.Evaluation.Statistics;

/// <summary>A random sample of items that keeps the shares of the labels.</summary>
internal static class LabelSample
{
    /// <summary>At most <paramref name="limit"/> rows (one per label where that is more), ascending.</summary>
    public static int[] Rows(LabelSet labels, int limit, RandomStream random)
    {
        int n = labels.Codes.Length;
        if (n <= limit)
            return [.. Enumerable.Range(0, n)];
        int[] order = labels.OrderByCode();
        List<int> rows = [];
        int start = 0;
        for (int label = 0; label < labels.Count; label++)
        {
            Span<int> members = order.AsSpan(start, labels.Counts[label]);
            int take = Math.Max(1, (int)((long)labels.Counts[label] * limit / n));
            random.Shuffle(members, take);
            foreach (int row in members[..take])
                rows.Add(row);
            start += labels.Counts[label];
        }

        rows.Sort();
        return [.. rows];
    }
}
