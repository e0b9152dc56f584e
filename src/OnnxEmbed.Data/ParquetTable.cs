using OnnxEmbed.Tensors;

namespace OnnxEmbed.Data;

/// <summary>A table in memory: named columns of equal length. It is not changed after it was made.</summary>
public sealed partial class ParquetTable
{
    private readonly Dictionary<string, Column> _byName;

    /// <summary>Makes a table.</summary>
    /// <param name="columns">Columns of equal length with different names.</param>
    /// <param name="source">What error texts call the table: the path it was read from.</param>
    /// <exception cref="ArgumentException">The columns differ in length, or two have one name.</exception>
    public ParquetTable(IEnumerable<Column> columns, string source = "table")
    {
        Columns = [.. columns];
        Source = source;
        _byName = new Dictionary<string, Column>(StringComparer.Ordinal);
        RowCount = Columns.Count == 0 ? 0 : Columns[0].Count;
        foreach (Column column in Columns)
        {
            if (!_byName.TryAdd(column.Name, column))
            {
                throw new ArgumentException($"{source}: needs column names that differ, got {column.Name} twice", nameof(columns));
            }

            if (column.Count != RowCount)
            {
                throw new ArgumentException(
                    $"{source}: needs columns of one length, got {RowCount} rows of {Columns[0].Name} and {column.Count} of {column.Name}",
                    nameof(columns));
            }
        }
    }

    /// <summary>The columns in file order.</summary>
    public IReadOnlyList<Column> Columns { get; }

    /// <summary>Number of rows.</summary>
    public int RowCount { get; }

    /// <summary>What error texts call the table: the path it was read from.</summary>
    public string Source { get; }

    /// <summary>The column of that name.</summary>
    /// <exception cref="DataException">There is none; the text lists the columns there are.</exception>
    public Column this[string name] => _byName.TryGetValue(name, out Column? column) ? column : throw MissingColumn(Source, name, Schema());

    /// <summary>Whether there is a column of that name.</summary>
    public bool Has(string name) => _byName.ContainsKey(name);

    /// <summary>The declarations of the columns.</summary>
    public IReadOnlyList<ColumnSchema> Schema() => [.. Columns.Select(column => column.Schema())];

    /// <summary>The rows of a string column.</summary>
    /// <exception cref="DataException">The column is missing, of another kind, or has a null row.</exception>
    public IReadOnlyList<string> Strings(string name) => ((StringColumn)Whole(name, ColumnKind.String)).Values!;

    /// <summary>The rows of an integer column.</summary>
    /// <inheritdoc cref="Strings" path="/exception"/>
    public ReadOnlySpan<long> Integers(string name) => ((ValueColumn<long>)Whole(name, ColumnKind.Integer)).Values;

    /// <summary>The rows of a bool column.</summary>
    /// <inheritdoc cref="Strings" path="/exception"/>
    public ReadOnlySpan<bool> Booleans(string name) => ((ValueColumn<bool>)Whole(name, ColumnKind.Boolean)).Values;

    /// <summary>The rows of a double, float or integer column as doubles: scores, regression targets.</summary>
    /// <exception cref="DataException">The column is missing, of another kind, has a null row, or an integer beyond ±2^53.</exception>
    public double[] Numbers(string name)
    {
        switch (Whole(name, ColumnKind.Double, ColumnKind.Float, ColumnKind.Integer))
        {
            case ValueColumn<double> doubles:
                return [.. doubles.Array];
            case ValueColumn<float> floats:
                return Array.ConvertAll(floats.Array, static value => (double)value);
            case ValueColumn<long> integers:
                int bad = Array.FindIndex(integers.Array, static value => value is > (1L << 53) or < -(1L << 53));
                return bad < 0
                    ? Array.ConvertAll(integers.Array, static value => (double)value)
                    : throw new DataException(
                        $"{Source}: column {name}, row {bad}: needs an integer of at most 2^53 in size, got {integers.Array[bad]}");
            default:
                throw new InvalidOperationException("A kind was admitted that is not read.");
        }
    }

    /// <summary>An integer-list column.</summary>
    /// <inheritdoc cref="Strings" path="/exception"/>
    public ListColumn<long> IntegerLists(string name) => (ListColumn<long>)Whole(name, ColumnKind.IntegerList);

    /// <summary>A float-list column.</summary>
    /// <inheritdoc cref="Strings" path="/exception"/>
    public ListColumn<float> FloatLists(string name) => (ListColumn<float>)Whole(name, ColumnKind.FloatList);

    /// <summary>The rows at the given positions, in that order.</summary>
    public ParquetTable Take(ReadOnlySpan<int> rows)
    {
        List<Column> taken = new(Columns.Count);
        foreach (Column column in Columns)
        {
            taken.Add(column.Take(rows));
        }

        return new ParquetTable(taken, Source);
    }

    /// <summary>The named columns, in that order.</summary>
    /// <exception cref="DataException">One of them is missing.</exception>
    public ParquetTable Select(params IEnumerable<string> names) => new(names.Select(name => this[name]), Source);

    /// <summary>The table with a column more, or with a column of that name replaced in place.</summary>
    public ParquetTable With(Column column) => Has(column.Name)
        ? new ParquetTable(Columns.Select(old => old.Name == column.Name ? column : old), Source)
        : new ParquetTable(Columns.Append(column), Source);

    /// <summary>Tables of one schema below each other.</summary>
    /// <exception cref="DataException">A table lacks a column of the first, has one more, or one of another kind.</exception>
    public static ParquetTable Concat(IReadOnlyList<ParquetTable> tables)
    {
        ParquetTable first = tables[0];
        foreach (ParquetTable table in tables.Skip(1))
        {
            ColumnSchema[] wanted = [.. first.Schema().Select(column => column with { Nullable = true })];
            ColumnSchema[] found = [.. table.Schema().Select(column => column with { Nullable = true })];
            if (!wanted.SequenceEqual(found))
            {
                throw new DataException(
                    $"{table.Source}: needs the columns {string.Join(", ", wanted.AsEnumerable())} of {first.Source}, "
                    + $"got {string.Join(", ", found.AsEnumerable())}");
            }
        }

        return new ParquetTable(
            first.Columns.Select(column => Column.Concat([.. tables.Select(table => table[column.Name])])), first.Source);
    }

    internal static DataException MissingColumn(string source, string name, IReadOnlyList<ColumnSchema> there) =>
        new($"{source}: needs a column {name}, has {(there.Count == 0 ? "none" : string.Join(", ", there))}");

    internal static DataException WrongKind(string source, ColumnSchema found, params ReadOnlySpan<ColumnKind> wanted) =>
        new($"{source}: column {found.Name}: needs {string.Join(" or ", wanted.ToArray().Select(kind => kind.Words()))}, "
            + $"got {found.Kind.Words()}");

    private Column Whole(string name, params ReadOnlySpan<ColumnKind> kinds)
    {
        Column column = this[name];
        if (!kinds.Contains(column.Kind))
        {
            throw WrongKind(Source, column.Schema(), kinds);
        }

        int empty = column.FirstNull();
        return empty < 0
            ? column
            : throw new DataException($"{Source}: column {name}: needs a value in every row, got null in row {empty}");
    }
}
