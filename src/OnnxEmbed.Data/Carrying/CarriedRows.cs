using System.Runtime.CompilerServices;
using System.Text;
using OnnxEmbed.Tensors;
using Parquet;
using Parquet.Schema;

namespace OnnxEmbed.Data.Carrying;

/// <summary>
/// A Parquet file open for passing its rows on with every column as it is, nested ones too: read row group by row group, given out in
/// blocks of a wanted size that do not depend on how the file is cut. Memory is bounded by the largest row group and one block.
/// </summary>
public sealed class CarriedRows : IAsyncDisposable
{
    private static readonly UTF8Encoding Utf8 = new(false, throwOnInvalidBytes: true);

    private readonly ParquetReader _reader;
    private readonly IReadOnlyList<string> _textColumns;

    private CarriedRows(string path, ParquetReader reader, CarriedSchema schema, IReadOnlyList<string> textColumns)
    {
        Path = path;
        _reader = reader;
        _textColumns = textColumns;
        Schema = schema;
        WrittenSchema = Written(reader, schema);
        RowCount = reader.RowGroups.Sum(group => group.RowCount);
    }

    /// <summary>The file.</summary>
    public string Path { get; }

    /// <summary>Rows in all row groups.</summary>
    public long RowCount { get; }

    internal CarriedSchema Schema { get; }

    /// <summary>The leaves of every column, in file order.</summary>
    internal IReadOnlyList<DataField> Leaves => _reader.Schema.DataFields;

    /// <summary>The columns that the library writes.</summary>
    internal ParquetSchema WrittenSchema { get; }

    /// <summary>Opens a file.</summary>
    /// <param name="path">The file.</param>
    /// <param name="textColumns">Columns of strings whose text is wanted.</param>
    /// <param name="newColumns">Columns that are to be added, which the file must not have.</param>
    /// <param name="cancellationToken">Ends the work early.</param>
    /// <exception cref="DataException">
    /// There is no such file, it is not a whole Parquet file, a text column is missing or of another kind, a new column is there already, or a
    /// column is of a kind that cannot be passed on; the text names the columns.
    /// </exception>
    public static async Task<CarriedRows> OpenAsync(
        string path, IReadOnlyList<string> textColumns, IReadOnlyList<string> newColumns, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(textColumns);
        ArgumentNullException.ThrowIfNull(newColumns);
        if (!File.Exists(path))
        {
            throw new DataException(Directory.Exists(path) ? $"{path}: needs a Parquet file, got a directory" : $"{path}: no such file");
        }

        CarriedSchema schema = await ParquetRows.Guard(path, () =>
        {
            CarriedSchema read = CarriedSchema.Read(path);
            CheckNames(path, read, textColumns, newColumns);
            return Task.FromResult(read);
        }).ConfigureAwait(false);
        ParquetReader reader = await ParquetRows.Guard(
            path,
            () => ParquetReader.CreateAsync(
                new SubstituteFooterStream(path, schema.DataLength, schema.StrippedFooter), null, false, cancellationToken)).ConfigureAwait(false);
        try
        {
            IReadOnlyList<string> changed = await ParquetRows.Guard(
                path,
                async () =>
                {
                    CheckRowCounts(reader, schema);
                    return schema.Changed(await CarriedRowsWriter.ElementsAsync(Written(reader, schema), cancellationToken).ConfigureAwait(false));
                }).ConfigureAwait(false);
            return changed.Count == 0
                ? new CarriedRows(path, reader, schema, textColumns)
                : throw new DataException($"{path}: needs columns of a kind that can be passed on unchanged, got {string.Join(", ", changed)}");
        }
        catch
        {
            await reader.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>
    /// The rows from a position on, in blocks that depend on nothing but the rows: a block ends at <paramref name="blockRows"/> rows, or
    /// earlier after the row with which its texts reach <paramref name="blockCharacters"/>.
    /// </summary>
    /// <param name="firstRow">First row, in [0, <see cref="RowCount"/>].</param>
    /// <param name="blockRows">Most rows of a block, at least 1.</param>
    /// <param name="blockCharacters">Characters after which a block ends.</param>
    /// <param name="cancellationToken">Ends the work early.</param>
    /// <exception cref="DataException">The file is damaged, or a text is not UTF-8.</exception>
    public async IAsyncEnumerable<CarriedTable> ReadAsync(
        long firstRow, int blockRows, long blockCharacters, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        List<(CarriedColumn[] Columns, int Start, int Count)> runs = [];
        List<string?>[] texts = [.. _textColumns.Select(_ => new List<string?>())];
        long characters = 0;
        long before = 0;
        for (int group = 0; group < _reader.RowGroupCount; group++)
        {
            long rows = _reader.RowGroups[group].RowCount;
            int at = (int)Math.Clamp(firstRow - before, 0, rows);
            before += rows;
            if (at == rows)
            {
                continue;
            }

            cancellationToken.ThrowIfCancellationRequested();
            CarriedColumn[] columns = await ReadGroupAsync(group, (int)rows, cancellationToken).ConfigureAwait(false);
            CarriedColumn[] textColumns = [.. _textColumns.Select(name => columns[LeafOf(name)])];
            int start = at;
            for (; at < rows; at++)
            {
                for (int i = 0; i < texts.Length; i++)
                {
                    string? text = Text(textColumns[i], at, before - rows + at, _textColumns[i]);
                    texts[i].Add(text);
                    characters += text?.Length ?? 0;
                }

                if (texts[0].Count == blockRows || characters >= blockCharacters)
                {
                    runs.Add((columns, start, at + 1 - start));
                    yield return Block(runs, texts);
                    start = at + 1;
                    characters = 0;
                }
            }

            if (start < rows)
            {
                runs.Add((columns, start, (int)rows - start));
            }
        }

        if (runs.Count > 0)
        {
            yield return Block(runs, texts);
        }
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => _reader.DisposeAsync();

    private static ParquetSchema Written(ParquetReader reader, CarriedSchema schema) =>
        new(reader.Schema.Fields.Where(field => !schema.FixedColumns.ContainsKey(field.Name)));

    private static void CheckRowCounts(ParquetReader reader, CarriedSchema schema)
    {
        long sum = 0;
        foreach (ParquetRowGroupReader group in reader.RowGroups)
        {
            sum += group.RowCount is >= 0 and < int.MaxValue ? group.RowCount : throw new InvalidDataException($"a row group has {group.RowCount} rows");
        }

        if (sum != schema.RowCount)
        {
            throw new InvalidDataException($"its row groups have {sum} rows, its footer says {schema.RowCount}");
        }
    }

    private static void CheckNames(string path, CarriedSchema schema, IReadOnlyList<string> textColumns, IReadOnlyList<string> newColumns)
    {
        List<string> faults = [];
        foreach (string name in textColumns.Where(name => !schema.IsText(name)))
        {
            faults.Add($"needs a text column '{name}', the file has {schema.Words}");
        }

        foreach (string name in newColumns.Where(schema.Has))
        {
            faults.Add($"needs no column '{name}', which is to be written, the file has {schema.Words}");
        }

        if (faults.Count > 0)
        {
            throw new DataException($"{path}: {string.Join("; ", faults)}");
        }
    }

    private static CarriedTable Block(List<(CarriedColumn[] Columns, int Start, int Count)> runs, List<string?>[] texts)
    {
        CarriedTable table = new([.. runs], [.. texts.Select(column => column.ToArray())]);
        runs.Clear();
        foreach (List<string?> column in texts)
        {
            column.Clear();
        }

        return table;
    }

    private int LeafOf(string column) => Array.FindIndex(_reader.Schema.DataFields, field => field.Path.ToString() == column);

    private Task<CarriedColumn[]> ReadGroupAsync(int group, int rows, CancellationToken cancellationToken) => ParquetRows.Guard(Path, async () =>
    {
        using ParquetRowGroupReader reader = _reader.OpenRowGroupReader(group);
        DataField[] fields = _reader.Schema.DataFields;
        CarriedColumn[] columns = new CarriedColumn[fields.Length];
        for (int i = 0; i < columns.Length; i++)
        {
            columns[i] = await CarriedColumn.ReadAsync(reader, fields[i], rows, cancellationToken).ConfigureAwait(false);
        }

        return columns;
    });

    private string? Text(CarriedColumn column, int row, long fileRow, string name)
    {
        try
        {
            return ((CarriedColumn<ReadOnlyMemory<byte>>)column).TryGet(row, out ReadOnlyMemory<byte> bytes) ? Utf8.GetString(bytes.Span) : null;
        }
        catch (DecoderFallbackException e)
        {
            throw new DataException($"{Path}: column {name}, row {fileRow}: needs text in UTF-8, got other bytes ({e.Message})", e);
        }
    }
}
