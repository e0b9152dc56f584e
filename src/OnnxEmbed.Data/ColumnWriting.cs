using Parquet;
using Parquet.Schema;

namespace OnnxEmbed.Data;

/// <summary>
/// How a <see cref="Column"/> becomes packed values with definition and repetition levels (see <see cref="ColumnReading"/>).
/// </summary>
internal static class ColumnWriting
{
    public static Task WriteAsync(
        ParquetRowGroupWriter group, DataField field, Column column, CancellationToken cancellationToken) => column switch
        {
            StringColumn strings => group.WriteAsync(field, (IReadOnlyCollection<string>)strings.Values),
            ValueColumn<long> values => WriteValues(group, field, values, cancellationToken),
            ValueColumn<double> values => WriteValues(group, field, values, cancellationToken),
            ValueColumn<float> values => WriteValues(group, field, values, cancellationToken),
            ValueColumn<bool> values => WriteValues(group, field, values, cancellationToken),
            ListColumn<long> lists => WriteLists(group, field, lists, cancellationToken),
            ListColumn<double> lists => WriteLists(group, field, lists, cancellationToken),
            ListColumn<float> lists => WriteLists(group, field, lists, cancellationToken),
            _ => throw new InvalidOperationException($"A column of {column.Kind} cannot be written."),
        };

    private static Task WriteValues<T>(
        ParquetRowGroupWriter group, DataField field, ValueColumn<T> column, CancellationToken cancellationToken)
        where T : unmanaged
    {
        if (!field.IsNullable)
        {
            return column.Nulls is null
                ? group.WriteAllPartsAsync<T>(field, column.Array, null, null, cancellationToken)
                : throw new ArgumentException($"Column {column.Name}: needs a value in every row, got null in row {column.FirstNull()}");
        }

        int[] defined = new int[column.Count];
        List<T> packed = new(column.Count);
        for (int i = 0; i < defined.Length; i++)
        {
            if (!column.IsNull(i))
            {
                defined[i] = 1;
                packed.Add(column.Array[i]);
            }
        }

        return group.WriteAllPartsAsync<T>(field, packed.ToArray(), (ReadOnlyMemory<int>)defined, null, cancellationToken);
    }

    private static Task WriteLists<T>(
        ParquetRowGroupWriter group, DataField field, ListColumn<T> column, CancellationToken cancellationToken)
        where T : unmanaged
    {
        // Levels of an optional list of required elements: 0 the list is null, 1 it is empty, 2 an element is there.
        int levels = 0;
        for (int row = 0; row < column.Count; row++)
        {
            levels += Math.Max(1, column[row].Length);
        }

        int[] defined = new int[levels];
        int[] repeated = new int[levels];
        int at = 0;
        for (int row = 0; row < column.Count; row++)
        {
            int length = column[row].Length;
            if (length == 0)
            {
                defined[at++] = column.IsNull(row) ? 0 : 1;
                continue;
            }

            defined.AsSpan(at, length).Fill(2);
            repeated.AsSpan(at + 1, length - 1).Fill(1);
            at += length;
        }

        return group.WriteAllPartsAsync<T>(
            field, column.Array, (ReadOnlyMemory<int>)defined, (ReadOnlyMemory<int>)repeated, cancellationToken);
    }
}
