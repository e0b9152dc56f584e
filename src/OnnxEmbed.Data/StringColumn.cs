namespace OnnxEmbed.Data;

/// <summary>A column of text.</summary>
public sealed class StringColumn : Column
{
    private readonly string?[] _values;

    internal StringColumn(string name, string?[] values)
        : base(name, ColumnKind.String, values.Length) => _values = values;

    /// <summary>The text of each row; null where the row is null.</summary>
    public IReadOnlyList<string?> Values => _values;

    /// <inheritdoc/>
    public override bool IsNull(int row) => _values[row] is null;

    /// <inheritdoc/>
    public override Column Take(ReadOnlySpan<int> rows)
    {
        string?[] taken = new string?[rows.Length];
        for (int i = 0; i < rows.Length; i++)
        {
            taken[i] = _values[rows[i]];
        }

        return new StringColumn(Name, taken);
    }

    /// <inheritdoc/>
    public override Column Rename(string name) => new StringColumn(name, _values);

    internal override int FirstNull() => Array.IndexOf(_values, null);

    private protected override Column Append(IReadOnlyList<Column> parts) =>
        new StringColumn(Name, [.. parts.SelectMany(part => ((StringColumn)part)._values)]);
}
