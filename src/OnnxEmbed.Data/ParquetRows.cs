using System.Runtime.CompilerServices;
using OnnxEmbed.Data.Carrying;
using OnnxEmbed.Tensors;
using Parquet;
using Parquet.Schema;

namespace OnnxEmbed.Data;

/// <summary>A Parquet file open for reading one row group at a time, so that memory is bounded by the largest row group.</summary>
public sealed class ParquetRows : IAsyncDisposable
{
    private readonly ParquetReader _reader;
    private readonly ColumnReading[] _columns;

    private ParquetRows(string path, ParquetReader reader, ColumnReading[] columns)
    {
        Path = path;
        _reader = reader;
        _columns = columns;
        Schema = [.. columns.Select(column => column.Schema)];
        RowCount = reader.RowGroups.Sum(group => group.RowCount);
    }

    /// <summary>The file.</summary>
    public string Path { get; }

    /// <summary>The columns that are read.</summary>
    public IReadOnlyList<ColumnSchema> Schema { get; }

    /// <summary>Rows in all row groups.</summary>
    public long RowCount { get; }

    /// <summary>Number of row groups.</summary>
    public int RowGroupCount => _reader.RowGroupCount;

    /// <summary>Opens a file.</summary>
    /// <param name="path">The file.</param>
    /// <param name="columns">Names of the columns to read, in the order wanted; null reads all.</param>
    /// <param name="cancellationToken">Ends the work early.</param>
    /// <exception cref="DataException">There is no such file, it is not a whole Parquet file, a column is missing, or a column holds
    /// what no <see cref="ColumnKind"/> can carry (all such columns are named).</exception>
    public static async Task<ParquetRows> OpenAsync(string path, IReadOnlyList<string>? columns, CancellationToken cancellationToken)
    {
        if (!File.Exists(path))
        {
            throw new DataException(Directory.Exists(path) ? $"{path}: needs a Parquet file, got a directory" : $"{path}: no such file");
        }

        ParquetReader reader = await Guard(path, () =>
        {
            ParquetFooter.Check(path);
            return ParquetReader.CreateAsync(Float16Footer.OpenStream(path), null, false, cancellationToken);
        }).ConfigureAwait(false);
        try
        {
            return await Guard(
                path, () => Task.FromResult(new ParquetRows(path, reader, Choose(path, reader.Schema, columns)))).ConfigureAwait(false);
        }
        catch
        {
            await reader.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>The columns of a file, all of them, without reading rows; columns of kinds that cannot be carried are left out.</summary>
    /// <exception cref="DataException">There is no such file, or it is not a whole Parquet file.</exception>
    public static async Task<IReadOnlyList<ColumnSchema>> ReadSchemaAsync(string path, CancellationToken cancellationToken)
    {
        await using ParquetRows rows = await OpenAsync(path, [], cancellationToken).ConfigureAwait(false);
        return Carried(rows._reader.Schema);
    }

    /// <summary>Reads one row group.</summary>
    /// <param name="group">In [0, <see cref="RowGroupCount"/>).</param>
    /// <param name="cancellationToken">Ends the work early.</param>
    /// <exception cref="DataException">The file is damaged.</exception>
    public Task<ParquetTable> ReadRowGroupAsync(int group, CancellationToken cancellationToken) => Guard(Path, async () =>
    {
        using ParquetRowGroupReader rows = _reader.OpenRowGroupReader(group);
        int count = checked((int)rows.RowCount);
        Column[] read = new Column[_columns.Length];
        for (int i = 0; i < read.Length; i++)
        {
            read[i] = await _columns[i].ReadAsync(Path, rows, count, cancellationToken).ConfigureAwait(false);
        }

        return new ParquetTable(read, Path);
    });

    /// <summary>Reads the row groups one after the other, in file order.</summary>
    /// <exception cref="DataException">The file is damaged.</exception>
    public async IAsyncEnumerable<ParquetTable> ReadRowGroupsAsync([EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        for (int group = 0; group < RowGroupCount; group++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            yield return await ReadRowGroupAsync(group, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => _reader.DisposeAsync();

    internal ParquetTable Empty() => new(_columns.Select(column => column.Empty()), Path);

    private static List<ColumnSchema> Carried(ParquetSchema schema) =>
        [.. schema.Fields.Select(ColumnReading.TryMake).OfType<ColumnReading>().Select(column => column.Schema)];

    private static ColumnReading[] Choose(string path, ParquetSchema schema, IReadOnlyList<string>? names)
    {
        string[] twice = [.. schema.Fields.GroupBy(field => field.Name).Where(group => group.Count() > 1).Select(group => group.Key)];
        if (twice.Length > 0)
        {
            throw new DataException($"{path}: needs column names that differ, got {string.Join(", ", twice)} more than once");
        }

        List<Field> fields = [];
        foreach (string name in names ?? [.. schema.Fields.Select(field => field.Name)])
        {
            fields.Add(schema.Fields.FirstOrDefault(field => field.Name == name)
                ?? throw ParquetTable.MissingColumn(path, name, Carried(schema)));
        }

        List<string> refused = [];
        List<ColumnReading> chosen = [];
        foreach (Field field in fields)
        {
            if (ColumnReading.TryMake(field) is { } column)
            {
                chosen.Add(column);
            }
            else
            {
                refused.Add($"{field.Name} ({(field is DataField data ? data.ClrType.Name : field.SchemaType)})");
            }
        }

        return refused.Count == 0
            ? [.. chosen]
            : throw new DataException(
                $"{path}: needs columns of strings, integers, floating point numbers, bools or lists of numbers, "
                + $"got {string.Join(", ", refused)}; name the columns to read to leave these out");
    }

    /// <summary>Turns whatever a damaged file makes the Parquet library throw into one kind of error that names the file.</summary>
    internal static async Task<T> Guard<T>(string path, Func<Task<T>> work)
    {
        try
        {
            return await work().ConfigureAwait(false);
        }
        catch (Exception error) when (error is not (OperationCanceledException or DataException or UnauthorizedAccessException))
        {
            throw new DataException(
                $"{path}: needs a whole Parquet file, got one that cannot be read ({error.Message.ReplaceLineEndings(" ")})", error);
        }
    }
}
