using Parquet;
using Parquet.Data;
using Parquet.Schema;

namespace OnnxEmbed.Data.Carrying;

/// <summary>One leaf column of a row group as it lies in the file: packed values and levels, for passing on unchanged.</summary>
internal abstract class CarriedColumn
{
    public abstract int Rows { get; }

    /// <summary>Reads a leaf of a row group.</summary>
    public static async Task<CarriedColumn> ReadAsync(ParquetRowGroupReader group, DataField field, int rows, CancellationToken cancellationToken)
    {
        using RawColumnData raw = await group.ReadRawColumnDataBaseAsync(field, cancellationToken).ConfigureAwait(false);
        return raw switch
        {
            RawColumnData<ReadOnlyMemory<byte>> bytes => new CarriedColumn<ReadOnlyMemory<byte>>(field, rows, bytes, Owned(bytes.Values)),
            RawColumnData<ReadOnlyMemory<char>> texts => new CarriedColumn<ReadOnlyMemory<char>>(field, rows, texts, Owned(texts.Values)),
            RawColumnData<bool> values => Of(field, rows, values),
            RawColumnData<int> values => Of(field, rows, values),
            RawColumnData<long> values => Of(field, rows, values),
            RawColumnData<float> values => Of(field, rows, values),
            RawColumnData<double> values => Of(field, rows, values),
            RawColumnData<DateTime> values => Of(field, rows, values),
            RawColumnData<decimal> values => Of(field, rows, values),
            RawColumnData<Guid> values => Of(field, rows, values),
            _ => throw new NotSupportedException($"column {field.Path} holds {raw.GetType().GenericTypeArguments[0].Name}"),
        };
    }

    /// <summary>Writes runs of rows of columns of one kind below each other as one column of a row group.</summary>
    public abstract Task WriteAsync(
        ParquetRowGroupWriter group, DataField field, IReadOnlyList<(CarriedColumn Column, int Start, int Count)> runs, CancellationToken cancellationToken);

    private static CarriedColumn<T> Of<T>(DataField field, int rows, RawColumnData<T> raw)
        where T : struct => new(field, rows, raw, raw.Values.ToArray());

    // The library's values lie in pooled memory that is given back.
    private static ReadOnlyMemory<TItem>[] Owned<TItem>(ReadOnlySpan<ReadOnlyMemory<TItem>> values)
    {
        int length = 0;
        foreach (ReadOnlyMemory<TItem> value in values)
        {
            length += value.Length;
        }

        TItem[] all = new TItem[length];
        ReadOnlyMemory<TItem>[] owned = new ReadOnlyMemory<TItem>[values.Length];
        int at = 0;
        for (int i = 0; i < owned.Length; i++)
        {
            values[i].CopyTo(all.AsMemory(at));
            owned[i] = all.AsMemory(at, values[i].Length);
            at += values[i].Length;
        }

        return owned;
    }
}
