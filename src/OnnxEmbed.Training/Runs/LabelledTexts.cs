using OnnxEmbed.Data;
using OnnxEmbed.Tensors;
using OnnxEmbed.Training.Objectives;

namespace OnnxEmbed.Training.Runs;

/// <summary>Rows to fine-tune on: texts by column, and a class for each row where the loss takes classes.</summary>
/// <param name="Columns">Texts by column, then row.</param>
/// <param name="Labels">Class of each row, or null.</param>
/// <param name="Source">File and column of the labels, for messages.</param>
internal sealed record LabelledTexts(IReadOnlyList<IReadOnlyList<string>> Columns, long[]? Labels, string Source)
{
    private static readonly string[] RequiredColumns = ["anchor", "positive"];

    /// <summary>Number of rows.</summary>
    public int Count => Columns[0].Count;

    /// <summary>Reads the columns that a loss needs.</summary>
    /// <exception cref="DataException">A column is missing, of the wrong kind or empty.</exception>
    public static LabelledTexts Read(string path, LossKind kind, TrainOptions options)
    {
        string[] names = kind == LossKind.Tuples ? [.. options.TupleColumns!] : [options.TextColumn];
        ParquetTable table = ParquetTable.Read(path, kind == LossKind.Labels ? [.. names, options.LabelColumn] : names);
        return table.RowCount == 0
            ? throw new DataException($"{path}: needs at least one row, got none")
            : new LabelledTexts(
                [.. names.Select(table.Strings)],
                kind == LossKind.Labels ? ReadLabels(table, options.LabelColumn) : null,
                $"{path}: column {options.LabelColumn}");
    }

    /// <summary>anchor, positive and, where the file has it, negative.</summary>
    public static IReadOnlyList<string> TupleColumnsOf(string path)
    {
        ParquetTable table = ParquetTable.Read(path);
        return table.Has("negative") ? [.. RequiredColumns, "negative"] : RequiredColumns;
    }

    /// <summary>Some of the rows.</summary>
    public LabelledTexts Take(int[] rows) => new(
        [.. Columns.Select(column => (IReadOnlyList<string>)[.. rows.Select(row => column[row])])],
        Labels is null ? null : [.. rows.Select(row => Labels[row])],
        Source);

    /// <summary>Whole numbers as they are, booleans as 0 and 1, texts numbered in ordinal order.</summary>
    private static long[] ReadLabels(ParquetTable table, string name)
    {
        Column column = table[name];
        switch (column.Kind)
        {
            case ColumnKind.Integer:
                return table.Integers(name).ToArray();
            case ColumnKind.Boolean:
                return Array.ConvertAll(table.Booleans(name).ToArray(), flag => flag ? 1L : 0L);
            case ColumnKind.String:
                IReadOnlyList<string> texts = table.Strings(name);
                Dictionary<string, long> numbers = texts.Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)
                    .Select((text, i) => (text, i)).ToDictionary(pair => pair.text, pair => (long)pair.i, StringComparer.Ordinal);
                return [.. texts.Select(text => numbers[text])];
            default:
                throw new DataException(
                    $"{table.Source}: column {name} needs whole numbers, booleans or texts to be a label, got {column.Kind}");
        }
    }
}
