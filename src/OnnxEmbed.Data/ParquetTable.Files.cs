namespace OnnxEmbed.Data;

public sealed partial class ParquetTable
{
    /// <summary>Rows a row group gets where the caller does not say.</summary>
    public const int DefaultRowGroupSize = 32_768;

    /// <summary>Reads a Parquet file whole.</summary>
    /// <param name="path">The file.</param>
    /// <param name="columns">Names of the columns to read, in the order wanted; null reads all.</param>
    /// <exception cref="Tensors.DataException">There is no such file, it is not a whole Parquet file, a column is missing, or a column
    /// holds what no <see cref="ColumnKind"/> can carry.</exception>
    public static ParquetTable Read(string path, IReadOnlyList<string>? columns = null) =>
        ReadAsync(path, columns, CancellationToken.None).GetAwaiter().GetResult();

    /// <inheritdoc cref="Read"/>
    public static async Task<ParquetTable> ReadAsync(string path, IReadOnlyList<string>? columns, CancellationToken cancellationToken)
    {
        await using ParquetRows rows = await ParquetRows.OpenAsync(path, columns, cancellationToken).ConfigureAwait(false);
        List<ParquetTable> groups = [];
        await foreach (ParquetTable group in rows.ReadRowGroupsAsync(cancellationToken).ConfigureAwait(false))
        {
            groups.Add(group);
        }

        return groups.Count == 0 ? rows.Empty() : Concat(groups);
    }

    /// <summary>Writes the table as a Parquet file that appears by rename; the same content gives the same bytes.</summary>
    /// <param name="path">The file; missing parent directories are made.</param>
    /// <param name="force">Whether a file of that name is replaced.</param>
    /// <param name="rowGroupSize">Rows a row group, at least 1.</param>
    /// <exception cref="Tensors.OptionException">The path is taken.</exception>
    public void Write(string path, bool force = false, int rowGroupSize = DefaultRowGroupSize) =>
        WriteAsync(path, force, rowGroupSize, CancellationToken.None).GetAwaiter().GetResult();

    /// <inheritdoc cref="Write"/>
    public async Task WriteAsync(string path, bool force, int rowGroupSize, CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(rowGroupSize, 1);
        await using ParquetRowsWriter writer =
            await ParquetRowsWriter.CreateAsync(path, Schema(), force, cancellationToken).ConfigureAwait(false);
        for (int start = 0; start < RowCount; start += rowGroupSize)
        {
            int count = Math.Min(rowGroupSize, RowCount - start);
            ParquetTable group = count == RowCount ? this : Take([.. Enumerable.Range(start, count)]);
            await writer.AppendAsync(group, cancellationToken).ConfigureAwait(false);
        }

        await writer.CompleteAsync().ConfigureAwait(false);
    }
}
