using System.Buffers.Binary;
using OnnxEmbed.Data.Carrying;
using OnnxEmbed.Tensors;
using Parquet;
using Parquet.Data;
using Parquet.Schema;

namespace OnnxEmbed.Data;

/// <summary>
/// How one Parquet field becomes a <see cref="Column"/>. Cells come as packed values with definition levels (how deep a cell is defined)
/// and, for lists, repetition levels (0 begins a row): https://parquet.apache.org/docs/file-format/nestedencoding/.
/// </summary>
internal sealed class ColumnReading
{
    private readonly DataField _field;
    private readonly bool _listNullable;

    private ColumnReading(string name, DataField field, ColumnKind kind, bool nullable, bool listNullable)
    {
        _field = field;
        _listNullable = listNullable;
        Schema = new ColumnSchema(name, kind, nullable);
    }

    public ColumnSchema Schema { get; }

    /// <summary>Returns null for a field that no column kind can carry.</summary>
    public static ColumnReading? TryMake(Field field)
    {
        switch (field)
        {
            case DataField { IsArray: false } flat when FlatKind(flat.ClrType) is { } kind:
                return new ColumnReading(field.Name, flat, kind, flat.IsNullable, false);
            case DataField { IsArray: true } repeated when ListKind(repeated.ClrType) is { } kind:
                return new ColumnReading(field.Name, repeated, kind, true, false);
            case ListField { Item: DataField { IsArray: false, Name: Float16Footer.ElementName } half } halves:
                return new ColumnReading(field.Name, half, ColumnKind.FloatList, true, halves.IsNullable);
            case ListField { Item: DataField { IsArray: false } item } list when ListKind(item.ClrType) is { } kind:
                return new ColumnReading(field.Name, item, kind, true, list.IsNullable);
            default:
                return null;
        }
    }

    public Column Empty() => Schema.Kind switch
    {
        ColumnKind.String => new StringColumn(Schema.Name, []),
        ColumnKind.Integer => new ValueColumn<long>(Schema.Name, []),
        ColumnKind.Double => new ValueColumn<double>(Schema.Name, []),
        ColumnKind.Float => new ValueColumn<float>(Schema.Name, []),
        ColumnKind.Boolean => new ValueColumn<bool>(Schema.Name, []),
        ColumnKind.IntegerList => new ListColumn<long>(Schema.Name, [], [0]),
        ColumnKind.DoubleList => new ListColumn<double>(Schema.Name, [], [0]),
        _ => new ListColumn<float>(Schema.Name, [], [0]),
    };

    public async Task<Column> ReadAsync(string path, ParquetRowGroupReader rows, int count, CancellationToken cancellationToken)
    {
        using RawColumnData raw = await rows.ReadRawColumnDataBaseAsync(_field, cancellationToken).ConfigureAwait(false);
        Column column = Schema.Kind switch
        {
            ColumnKind.String => ReadStrings(raw, count),
            ColumnKind.Integer => ReadValues(raw, count, Integers(path, raw)),
            ColumnKind.Double => ReadValues(raw, count, ((RawColumnData<double>)raw).Values),
            ColumnKind.Float => ReadValues(raw, count, ((RawColumnData<float>)raw).Values),
            ColumnKind.Boolean => ReadValues(raw, count, ((RawColumnData<bool>)raw).Values),
            ColumnKind.IntegerList => ReadLists(path, raw, count, Integers(path, raw)),
            ColumnKind.DoubleList => ReadLists(path, raw, count, ((RawColumnData<double>)raw).Values),
            _ => ReadLists(path, raw, count, Floats(raw)),
        };
        return column.Count == count
            ? column
            : throw new DataException($"{path}: column {Schema.Name}: needs {count} rows in the row group, got {column.Count}");
    }

    private static ColumnKind? FlatKind(Type type) => type == typeof(string) || type == typeof(ReadOnlyMemory<char>) ? ColumnKind.String
        : type == typeof(double) ? ColumnKind.Double
        : type == typeof(float) ? ColumnKind.Float
        : type == typeof(bool) ? ColumnKind.Boolean
        : IsInteger(type) ? ColumnKind.Integer
        : null;

    private static ColumnKind? ListKind(Type type) => type == typeof(double) ? ColumnKind.DoubleList
        : type == typeof(float) ? ColumnKind.FloatList
        : IsInteger(type) ? ColumnKind.IntegerList
        : null;

    private static bool IsInteger(Type type) =>
        type == typeof(long) || type == typeof(int) || type == typeof(short) || type == typeof(sbyte)
        || type == typeof(ulong) || type == typeof(uint) || type == typeof(ushort) || type == typeof(byte);

    private StringColumn ReadStrings(RawColumnData raw, int count)
    {
        ReadOnlySpan<ReadOnlyMemory<char>> values = ((RawColumnData<ReadOnlyMemory<char>>)raw).Values;
        string?[] rows = new string?[count];
        ReadOnlySpan<int> defined = _field.MaxDefinitionLevel > 0 ? raw.DefinitionLevels : default;
        int at = 0;
        for (int i = 0; i < count; i++)
        {
            if (defined.IsEmpty || defined[i] == _field.MaxDefinitionLevel)
            {
                rows[i] = values[at++].ToString();
            }
        }

        return new StringColumn(Schema.Name, rows);
    }

    private ValueColumn<T> ReadValues<T>(RawColumnData raw, int count, ReadOnlySpan<T> values)
        where T : unmanaged
    {
        if (_field.MaxDefinitionLevel == 0)
        {
            return new ValueColumn<T>(Schema.Name, values.ToArray());
        }

        ReadOnlySpan<int> defined = raw.DefinitionLevels;
        T[] rows = new T[count];
        bool[] nulls = new bool[count];
        int at = 0;
        for (int i = 0; i < count; i++)
        {
            nulls[i] = defined[i] < _field.MaxDefinitionLevel;
            rows[i] = nulls[i] ? default : values[at++];
        }

        return new ValueColumn<T>(Schema.Name, rows, nulls);
    }

    private ListColumn<T> ReadLists<T>(string path, RawColumnData raw, int count, ReadOnlySpan<T> values)
        where T : unmanaged
    {
        ReadOnlySpan<int> defined = raw.DefinitionLevels;
        ReadOnlySpan<int> repeated = raw.RepetitionLevels;
        int[] offsets = new int[count + 1];
        bool[] nulls = new bool[count];
        int row = -1;
        int at = 0;
        for (int i = 0; i < defined.Length; i++)
        {
            if (repeated[i] == 0)
            {
                row++;
                offsets[row] = at;
                nulls[row] = _listNullable && defined[i] == 0;
            }

            if (defined[i] == _field.MaxDefinitionLevel)
            {
                at++;
            }
            else if (_field.IsNullable && !_field.IsArray && defined[i] == _field.MaxDefinitionLevel - 1)
            {
                throw new DataException($"{path}: column {Schema.Name}, row {row} of its row group: needs numbers in the list, got null");
            }
        }

        offsets[count] = at;
        return row + 1 == count
            ? new ListColumn<T>(Schema.Name, values[..at].ToArray(), offsets, nulls)
            : throw new DataException($"{path}: column {Schema.Name}: needs {count} rows in the row group, got {row + 1}");
    }

    private static ReadOnlySpan<float> Floats(RawColumnData raw)
    {
        if (raw is RawColumnData<float> floats)
        {
            return floats.Values;
        }

        ReadOnlySpan<ReadOnlyMemory<byte>> halves = ((RawColumnData<ReadOnlyMemory<byte>>)raw).Values;
        float[] wide = new float[halves.Length];
        for (int i = 0; i < wide.Length; i++)
        {
            wide[i] = halves[i].Length == 2 ? (float)BinaryPrimitives.ReadHalfLittleEndian(halves[i].Span) : 0;
        }

        return wide;
    }

    private ReadOnlySpan<long> Integers(string path, RawColumnData raw)
    {
        switch (raw)
        {
            case RawColumnData<long> same:
                return same.Values;
            case RawColumnData<int> narrow:
                return Widen(narrow.Values, static value => value);
            case RawColumnData<short> narrow:
                return Widen(narrow.Values, static value => value);
            case RawColumnData<sbyte> narrow:
                return Widen(narrow.Values, static value => value);
            case RawColumnData<uint> narrow:
                return Widen(narrow.Values, static value => value);
            case RawColumnData<ushort> narrow:
                return Widen(narrow.Values, static value => value);
            case RawColumnData<byte> narrow:
                return Widen(narrow.Values, static value => value);
            case RawColumnData<ulong> wide:
                foreach (ulong value in wide.Values)
                {
                    if (value > long.MaxValue)
                    {
                        throw new DataException($"{path}: column {Schema.Name}: needs integers below 2^63, got {value}");
                    }
                }

                return Widen(wide.Values, static value => (long)value);
            default:
                throw new InvalidOperationException($"An integer column arrives as {raw.GetType()}.");
        }
    }

    private static long[] Widen<T>(ReadOnlySpan<T> values, Func<T, long> widen)
    {
        long[] wide = new long[values.Length];
        for (int i = 0; i < wide.Length; i++)
        {
            wide[i] = widen(values[i]);
        }

        return wide;
    }
}
