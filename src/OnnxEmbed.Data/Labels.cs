using System.Globalization;
using OnnxEmbed.Tensors;

namespace OnnxEmbed.Data;

/// <summary>A label column as dense class indices, sorted by value: integers by size, strings by code unit, false before true.</summary>
public sealed class Labels
{
    private readonly int[] _classes;

    private Labels(string column, int[] classes, string[] names)
    {
        Column = column;
        _classes = classes;
        Names = names;
    }

    /// <summary>Name of the column.</summary>
    public string Column { get; }

    /// <summary>Class of each row, in [0, <see cref="ClassCount"/>).</summary>
    public ReadOnlySpan<int> Classes => _classes;

    /// <summary>The value each class stands for, as text.</summary>
    public IReadOnlyList<string> Names { get; }

    /// <summary>Number of different values.</summary>
    public int ClassCount => Names.Count;

    /// <summary>Reads a label column.</summary>
    /// <param name="table">The table.</param>
    /// <param name="column">Name of a string, integer or bool column without nulls.</param>
    /// <exception cref="DataException">The column is missing, of another kind, or has a null row.</exception>
    public static Labels FromColumn(ParquetTable table, string column)
    {
        Column found = table[column];
        int empty = found.FirstNull();
        if (empty >= 0)
        {
            throw new DataException($"{table.Source}: column {column}: needs a label in every row, got null in row {empty}");
        }

        return found switch
        {
            StringColumn strings => Index(
                column, [.. strings.Values.Select(value => value!)], StringComparer.Ordinal, static value => value),
            ValueColumn<long> integers => Index(
                column, integers.Array, Comparer<long>.Default, static value => value.ToString(CultureInfo.InvariantCulture)),
            ValueColumn<bool> truths => Index(column, truths.Array, Comparer<bool>.Default, static value => value ? "true" : "false"),
            _ => throw ParquetTable.WrongKind(table.Source, found.Schema(), ColumnKind.String, ColumnKind.Integer, ColumnKind.Boolean),
        };
    }

    private static Labels Index<T>(string column, T[] values, IComparer<T> order, Func<T, string> name)
        where T : notnull
    {
        T[] distinct = [.. values.Distinct().Order(order)];
        Dictionary<T, int> indices = [];
        for (int i = 0; i < distinct.Length; i++)
        {
            indices.Add(distinct[i], i);
        }

        return new Labels(column, Array.ConvertAll(values, value => indices[value]), Array.ConvertAll(distinct, value => name(value)));
    }
}
