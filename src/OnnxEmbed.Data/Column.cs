namespace OnnxEmbed.Data;

/// <summary>
/// One named column of a <see cref="ParquetTable"/>: a <see cref="StringColumn"/>, a <see cref="ValueColumn{T}"/> of
/// <see langword="long"/>, <see langword="double"/>, <see langword="float"/> or <see langword="bool"/>, or a
/// <see cref="ListColumn{T}"/> of the first three. Columns are not changed after they were made.
/// </summary>
public abstract class Column
{
    private protected Column(string name, ColumnKind kind, int count)
    {
        ArgumentNullException.ThrowIfNull(name); // empty is allowed: some writers name an index column so
        Name = name;
        Kind = kind;
        Count = count;
    }

    /// <summary>Name, unique in its table.</summary>
    public string Name { get; }

    /// <summary>What the rows hold.</summary>
    public ColumnKind Kind { get; }

    /// <summary>Number of rows.</summary>
    public int Count { get; }

    /// <summary>Whether some row is null.</summary>
    public bool HasNulls => FirstNull() >= 0;

    /// <summary>A string column.</summary>
    public static Column Of(string name, IReadOnlyList<string?> values) => new StringColumn(name, [.. values]);

    /// <summary>An integer column.</summary>
    public static Column Of(string name, long[] values) => new ValueColumn<long>(name, values);

    /// <summary>A column of doubles.</summary>
    public static Column Of(string name, double[] values) => new ValueColumn<double>(name, values);

    /// <summary>A column of floats.</summary>
    public static Column Of(string name, float[] values) => new ValueColumn<float>(name, values);

    /// <summary>A column of truth values.</summary>
    public static Column Of(string name, bool[] values) => new ValueColumn<bool>(name, values);

    /// <summary>A column of integer lists.</summary>
    public static Column Of(string name, IReadOnlyList<long[]?> rows) => ListColumn<long>.FromRows(name, rows);

    /// <summary>A column of float lists.</summary>
    public static Column Of(string name, IReadOnlyList<float[]?> rows) => ListColumn<float>.FromRows(name, rows);

    /// <summary>Whether a row is null.</summary>
    public abstract bool IsNull(int row);

    /// <summary>The rows at the given positions, in that order; a position may come more than once.</summary>
    public abstract Column Take(ReadOnlySpan<int> rows);

    /// <summary>The same rows under another name.</summary>
    public abstract Column Rename(string name);

    /// <summary>The schema entry under which this column is written.</summary>
    public ColumnSchema Schema() => new(Name, Kind, Kind == ColumnKind.String || Kind.IsList() || HasNulls);

    /// <summary>Puts columns of one kind below each other, under the name of the first.</summary>
    internal static Column Concat(IReadOnlyList<Column> parts) => parts.Count == 1 ? parts[0] : parts[0].Append(parts);

    /// <summary>Position of the first null row, or -1.</summary>
    internal abstract int FirstNull();

    private protected abstract Column Append(IReadOnlyList<Column> parts);

    private protected static int CountOf(IReadOnlyList<Column> parts) => parts.Sum(part => part.Count);

    private protected static bool[]? AppendNulls(IReadOnlyList<Column> parts, Func<Column, bool[]?> nullsOf)
    {
        if (parts.All(part => nullsOf(part) is null))
        {
            return null;
        }

        bool[] nulls = new bool[CountOf(parts)];
        int at = 0;
        foreach (Column part in parts)
        {
            nullsOf(part)?.CopyTo(nulls, at);
            at += part.Count;
        }

        return nulls;
    }

    private protected static bool[]? TakeNulls(bool[]? nulls, ReadOnlySpan<int> rows)
    {
        if (nulls is null)
        {
            return null;
        }

        bool[] taken = new bool[rows.Length];
        for (int i = 0; i < rows.Length; i++)
        {
            taken[i] = nulls[rows[i]];
        }

        return taken;
    }
}
