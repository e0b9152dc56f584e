namespace OnnxEmbed.Evaluation.Clustering;

/// <summary>Labels as codes 0..K-1 of the distinct values present, in ascending order of value.</summary>
internal sealed class LabelSet
{
    private LabelSet(int[] codes, int[] values)
    {
        Codes = codes;
        Values = values;
        Counts = new int[values.Length];
        foreach (int code in codes)
            Counts[code]++;
    }

    /// <summary>Code [n] of each item.</summary>
    public int[] Codes { get; }

    /// <summary>The label value [K] of each code.</summary>
    public int[] Values { get; }

    /// <summary>Items [K] with each code.</summary>
    public int[] Counts { get; }

    /// <summary>Number of distinct labels K.</summary>
    public int Count => Values.Length;

    public static LabelSet Encode(ReadOnlySpan<int> labels)
    {
        Dictionary<int, int> codeOf = [];
        foreach (int label in labels)
            codeOf.TryAdd(label, 0);
        int[] values = [.. codeOf.Keys.Order()];
        for (int code = 0; code < values.Length; code++)
            codeOf[values[code]] = code;
        int[] codes = new int[labels.Length];
        for (int i = 0; i < codes.Length; i++)
            codes[i] = codeOf[labels[i]];
        return new LabelSet(codes, values);
    }

    /// <summary>Codes of labels for <paramref name="rows"/> items, of which a geometry index needs 2 to n - 1 distinct ones.</summary>
    public static LabelSet ForGeometry(string metric, ReadOnlySpan<int> labels, int rows)
    {
        LabelSet set = ForRows(metric, labels, rows);
        return set.Count >= 2 && set.Count < rows
            ? set
            : throw new EvaluationException($"{metric}: needs 2 to n - 1 = {rows - 1} distinct labels, got {set.Count}");
    }

    /// <summary>Codes of labels, one for each of <paramref name="rows"/> items.</summary>
    public static LabelSet ForRows(string metric, ReadOnlySpan<int> labels, int rows) => labels.Length == rows
        ? Encode(labels)
        : throw new EvaluationException($"{metric}: needs one label for each of {rows} rows, got {labels.Length}");

    /// <summary>Item indices [n] ordered by code, stable.</summary>
    public int[] OrderByCode()
    {
        int[] next = new int[Count];
        for (int code = 1; code < Count; code++)
            next[code] = next[code - 1] + Counts[code - 1];
        int[] order = new int[Codes.Length];
        for (int i = 0; i < Codes.Length; i++)
            order[next[Codes[i]]++] = i;
        return order;
    }
}
