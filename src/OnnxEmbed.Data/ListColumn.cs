namespace OnnxEmbed.Data;

/// <summary>A column whose rows are lists of numbers, kept as one flat array.</summary>
/// <typeparam name="T"><see langword="long"/>, <see langword="double"/> or <see langword="float"/>.</typeparam>
public sealed class ListColumn<T> : Column
    where T : unmanaged
{
    private readonly T[] _values;
    private readonly int[] _offsets;
    private readonly bool[]? _nulls;

    /// <summary>Makes a column that keeps the arrays.</summary>
    /// <param name="name">Unique in its table.</param>
    /// <param name="values">All list elements, row after row.</param>
    /// <param name="offsets">Where each row begins in <paramref name="values"/>, and its length at the end: rows + 1 numbers that do not
    /// fall.</param>
    /// <param name="nulls">Whether each row is null, or null when no row is; a null row is empty.</param>
    public ListColumn(string name, T[] values, int[] offsets, bool[]? nulls = null)
        : base(name, ColumnKinds.OfList<T>(), offsets.Length - 1)
    {
        if (offsets[0] != 0 || offsets[^1] != values.Length)
        {
            throw new ArgumentException(
                $"Column {name}: needs offsets from 0 to {values.Length}, got {offsets[0]} to {offsets[^1]}", nameof(offsets));
        }

        _values = values;
        _offsets = offsets;
        _nulls = nulls is not null && nulls.Contains(true) ? nulls : null;
    }

    /// <summary>All list elements, row after row.</summary>
    public ReadOnlySpan<T> Values => _values;

    /// <summary>Where each row begins in <see cref="Values"/>, then the number of values.</summary>
    public ReadOnlySpan<int> Offsets => _offsets;

    internal T[] Array => _values;

    /// <summary>The elements of one row; none where the row is null.</summary>
    public ReadOnlySpan<T> this[int row] => _values.AsSpan(_offsets[row], _offsets[row + 1] - _offsets[row]);

    /// <summary>Makes a column from one array a row.</summary>
    public static ListColumn<T> FromRows(string name, IReadOnlyList<T[]?> rows)
    {
        int[] offsets = new int[rows.Count + 1];
        bool[] nulls = new bool[rows.Count];
        for (int i = 0; i < rows.Count; i++)
        {
            offsets[i + 1] = offsets[i] + (rows[i]?.Length ?? 0);
            nulls[i] = rows[i] is null;
        }

        T[] values = new T[offsets[^1]];
        for (int i = 0; i < rows.Count; i++)
        {
            rows[i]?.CopyTo(values, offsets[i]);
        }

        return new ListColumn<T>(name, values, offsets, nulls);
    }

    /// <inheritdoc/>
    public override bool IsNull(int row) => _nulls is not null && _nulls[row];

    /// <inheritdoc/>
    public override Column Take(ReadOnlySpan<int> rows)
    {
        int[] offsets = new int[rows.Length + 1];
        for (int i = 0; i < rows.Length; i++)
        {
            offsets[i + 1] = offsets[i] + this[rows[i]].Length;
        }

        T[] values = new T[offsets[^1]];
        for (int i = 0; i < rows.Length; i++)
        {
            this[rows[i]].CopyTo(values.AsSpan(offsets[i]));
        }

        return new ListColumn<T>(Name, values, offsets, TakeNulls(_nulls, rows));
    }

    /// <inheritdoc/>
    public override Column Rename(string name) => new ListColumn<T>(name, _values, _offsets, _nulls);

    internal override int FirstNull() => _nulls is null ? -1 : System.Array.IndexOf(_nulls, true);

    private protected override Column Append(IReadOnlyList<Column> parts)
    {
        T[] values = new T[parts.Sum(part => ((ListColumn<T>)part)._values.Length)];
        int[] offsets = new int[CountOf(parts) + 1];
        int row = 0;
        int at = 0;
        foreach (ListColumn<T> part in parts.Cast<ListColumn<T>>())
        {
            part._values.CopyTo(values, at);
            for (int i = 0; i < part.Count; i++)
            {
                offsets[++row] = at + part._offsets[i + 1];
            }

            at += part._values.Length;
        }

        return new ListColumn<T>(Name, values, offsets, AppendNulls(parts, part => ((ListColumn<T>)part)._nulls));
    }
}
