using Parquet;
using Parquet.Data;
using Parquet.Schema;

namespace OnnxEmbed.Data.Carrying;

/// <inheritdoc/>
/// <typeparam name="T">What the Parquet library makes of a value.</typeparam>
internal sealed class CarriedColumn<T> : CarriedColumn
    where T : struct
{
    private readonly T[] _values;
    private readonly int[]? _definitions;
    private readonly int[]? _repetitions;

    // Where each row begins among the levels and among the values, and their number at the end; null where every row is one.
    private readonly int[]? _levelStarts;
    private readonly int[]? _valueStarts;

    public CarriedColumn(DataField field, int rows, RawColumnData raw, T[] values)
    {
        Rows = rows;
        _values = values;
        _definitions = field.MaxDefinitionLevel > 0 ? raw.DefinitionLevels.ToArray() : null;
        _repetitions = field.MaxRepetitionLevel > 0 ? raw.RepetitionLevels.ToArray() : null;
        int found = values.Length;
        if (_definitions is not null)
        {
            (_levelStarts, _valueStarts, found) = Starts(field, rows);
        }

        if (found != rows)
        {
            throw new InvalidDataException($"column {field.Path} has {found} rows in a row group of {rows}");
        }
    }

    public override int Rows { get; }

    /// <summary>The value of a row of a column without repetition; false where it is null.</summary>
    public bool TryGet(int row, out T value)
    {
        int at = _valueStarts?[row] ?? row;
        bool there = _valueStarts is null || _valueStarts[row + 1] > at;
        value = there ? _values[at] : default;
        return there;
    }

    public override Task WriteAsync(
        ParquetRowGroupWriter group, DataField field, IReadOnlyList<(CarriedColumn Column, int Start, int Count)> runs, CancellationToken cancellationToken) =>
        group.WriteAllPartsAsync(
            field,
            Join(runs, static (column, start, count) => column.Part(column._values, column._valueStarts, start, count))!.Value,
            Join(runs, static (column, start, count) => column.Part(column._definitions, column._levelStarts, start, count)),
            Join(runs, static (column, start, count) => column.Part(column._repetitions, column._levelStarts, start, count)),
            cancellationToken);

    private static ReadOnlyMemory<TItem>? Join<TItem>(
        IReadOnlyList<(CarriedColumn Column, int Start, int Count)> runs, Func<CarriedColumn<T>, int, int, ReadOnlyMemory<TItem>?> part)
    {
        ReadOnlyMemory<TItem>?[] parts = [.. runs.Select(run => part((CarriedColumn<T>)run.Column, run.Start, run.Count))];
        if (parts is [{ } only])
        {
            return only;
        }

        if (parts[0] is null)
        {
            return null;
        }

        TItem[] joined = new TItem[parts.Sum(each => each!.Value.Length)];
        int at = 0;
        foreach (ReadOnlyMemory<TItem>? each in parts)
        {
            each!.Value.CopyTo(joined.AsMemory(at));
            at += each.Value.Length;
        }

        return joined;
    }

    private ReadOnlyMemory<TItem>? Part<TItem>(TItem[]? items, int[]? starts, int start, int count) =>
        items is null ? default(ReadOnlyMemory<TItem>?)
        : starts is null ? items.AsMemory(start, count)
        : items.AsMemory(starts[start], starts[start + count] - starts[start]);

    private (int[] Levels, int[] Values, int Rows) Starts(DataField field, int rows)
    {
        int[] levels = new int[rows + 1];
        int[] values = new int[rows + 1];
        int row = 0;
        int value = 0;

        // The library may give more values than are defined: those at the end are no one's.
        for (int i = 0; i < _definitions!.Length; i++)
        {
            if (_repetitions is null || _repetitions[i] == 0)
            {
                if (row == rows)
                {
                    return (levels, values, rows + 1);
                }

                levels[row] = i;
                values[row++] = value;
            }

            value += _definitions[i] == field.MaxDefinitionLevel ? 1 : 0;
        }

        levels[rows] = _definitions.Length;
        values[rows] = value;
        return (levels, values, value <= _values.Length ? row : -1);
    }
}
