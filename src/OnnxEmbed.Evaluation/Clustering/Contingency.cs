namespace OnnxEmbed.Evaluation.Clustering;

/// <summary>Counts of items by two labellings, kept sparse: a labelling may have as many labels as items.</summary>
internal sealed class Contingency
{
    private Contingency(LabelSet rows, LabelSet columns, long[] cells, int[] counts)
    {
        RowCounts = rows.Counts;
        ColumnCounts = columns.Counts;
        Cells = cells;
        CellCounts = counts;
        Total = rows.Codes.Length;
    }

    public int[] RowCounts { get; }

    public int[] ColumnCounts { get; }

    /// <summary>row code x number of columns + column code of each cell that is not empty, ascending.</summary>
    public long[] Cells { get; }

    public int[] CellCounts { get; }

    public int Total { get; }

    public static Contingency Of(LabelSet rows, LabelSet columns)
    {
        if ((long)rows.Count * columns.Count <= 4L * rows.Codes.Length)
            return Dense(rows, columns);
        long[] keys = new long[rows.Codes.Length];
        for (int i = 0; i < keys.Length; i++)
            keys[i] = ((long)rows.Codes[i] * columns.Count) + columns.Codes[i];
        Array.Sort(keys);
        List<long> cells = [];
        List<int> counts = [];
        foreach (long key in keys)
        {
            if (cells.Count > 0 && cells[^1] == key)
            {
                counts[^1]++;
            }
            else
            {
                cells.Add(key);
                counts.Add(1);
            }
        }

        return new Contingency(rows, columns, [.. cells], [.. counts]);
    }

    // Counting is faster than sorting where the table is not much larger than the number of items.
    private static Contingency Dense(LabelSet rows, LabelSet columns)
    {
        int[] table = new int[rows.Count * columns.Count];
        for (int i = 0; i < rows.Codes.Length; i++)
            table[(rows.Codes[i] * columns.Count) + columns.Codes[i]]++;
        int[] cells = [.. Enumerable.Range(0, table.Length).Where(cell => table[cell] > 0)];
        return new Contingency(rows, columns, [.. cells.Select(cell => (long)cell)], [.. cells.Select(cell => table[cell])]);
    }

    /// <summary>Entropy of a labelling in nats.</summary>
    public static double Entropy(int[] counts, int total)
    {
        double entropy = 0;
        foreach (int count in counts)
            entropy -= count == 0 ? 0 : count / (double)total * Math.Log(count / (double)total);
        return counts.Length == 1 ? 0 : entropy;
    }

    /// <summary>Mutual information of the two labellings in nats, at least 0.</summary>
    public double MutualInformation()
    {
        if (RowCounts.Length == 1 || ColumnCounts.Length == 1)
            return 0;
        double information = 0;
        for (int cell = 0; cell < Cells.Length; cell++)
        {
            double joint = CellCounts[cell] / (double)Total;
            double expected = (double)RowCounts[Cells[cell] / ColumnCounts.Length] * ColumnCounts[Cells[cell] % ColumnCounts.Length];
            information += joint * Math.Log(CellCounts[cell] * (double)Total / expected);
        }

        // As in the reference, what is only rounding counts as none.
        return information < Silhouette.MachineEpsilon ? 0 : information;
    }
}
