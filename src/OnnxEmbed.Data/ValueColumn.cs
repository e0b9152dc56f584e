namespace OnnxEmbed.Data;

/// <summary>A column of numbers or truth values.</summary>
/// <typeparam name="T"><see langword="long"/>, <see langword="double"/>, <see langword="float"/> or <see langword="bool"/>.</typeparam>
public sealed class ValueColumn<T> : Column
    where T : unmanaged
{
    private readonly T[] _values;
    private readonly bool[]? _nulls;

    /// <summary>Makes a column that keeps the arrays.</summary>
    /// <param name="name">Unique in its table.</param>
    /// <param name="values">One value a row; what a null row holds is ignored.</param>
    /// <param name="nulls">Whether each row is null, or null when no row is.</param>
    public ValueColumn(string name, T[] values, bool[]? nulls = null)
        : base(name, ColumnKinds.OfValue<T>(), values.Length)
    {
        if (nulls is not null && nulls.Length != values.Length)
        {
            throw new ArgumentException(
                $"Column {name}: needs as many null flags as values, got {nulls.Length} and {values.Length}", nameof(nulls));
        }

        _values = values;
        _nulls = nulls is not null && nulls.Contains(true) ? nulls : null;
    }

    /// <summary>One value a row; the default of the type where the row is null.</summary>
    public ReadOnlySpan<T> Values => _values;

    internal T[] Array => _values;

    internal bool[]? Nulls => _nulls;

    /// <inheritdoc/>
    public override bool IsNull(int row) => _nulls is not null && _nulls[row];

    /// <inheritdoc/>
    public override Column Take(ReadOnlySpan<int> rows)
    {
        T[] taken = new T[rows.Length];
        for (int i = 0; i < rows.Length; i++)
        {
            taken[i] = _values[rows[i]];
        }

        return new ValueColumn<T>(Name, taken, TakeNulls(_nulls, rows));
    }

    /// <inheritdoc/>
    public override Column Rename(string name) => new ValueColumn<T>(name, _values, _nulls);

    internal override int FirstNull() => _nulls is null ? -1 : System.Array.IndexOf(_nulls, true);

    private protected override Column Append(IReadOnlyList<Column> parts)
    {
        T[] values = new T[CountOf(parts)];
        int at = 0;
        foreach (Column part in parts)
        {
            ((ValueColumn<T>)part)._values.CopyTo(values, at);
            at += part.Count;
        }

        return new ValueColumn<T>(Name, values, AppendNulls(parts, part => ((ValueColumn<T>)part)._nulls));
    }
}
