using System.Threading.Channels;
using OnnxEmbed.Data;
using OnnxEmbed.Tensors;

namespace OnnxEmbed.Models.Embedders;

/// <summary>
/// Embeds a Parquet file of any size: one stage reads row groups and cuts them into chunks, one tokenises, one runs the model, one writes.
/// The stages work at the same time and wait for each other, so that at most a few chunks are in memory.
/// </summary>
public static class EmbedPipeline
{
    // Chunks that may wait between two stages: one in hand and one ready keeps the model busy.
    private const int Waiting = 1;

    /// <summary>Embeds a file; the output appears when it is complete.</summary>
    /// <param name="embedder">The model.</param>
    /// <param name="options">What to read and write.</param>
    /// <param name="progress">Told after each chunk that was written.</param>
    /// <param name="cancellationToken">Stops between two batches; nothing is left behind.</param>
    /// <exception cref="DataException">
    /// The input is missing or damaged, a column is missing, is not text, has null rows, or is taken.
    /// </exception>
    /// <exception cref="OptionException">The output exists, or an option is wrong.</exception>
    public static async Task<EmbedProgress> RunAsync(
        Embedder embedder,
        EmbedPipelineOptions options,
        IProgress<EmbedProgress>? progress = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(embedder);
        ArgumentNullException.ThrowIfNull(options);
        if (options.ChunkRows < 1)
        {
            throw new OptionException($"rows of a chunk: needs 1 or more, got {options.ChunkRows}");
        }

        AtomicOutput.RefuseExistingFile(options.OutputPath, options.Force);
        await using ParquetRows rows = await ParquetRows.OpenAsync(options.InputPath, null, cancellationToken).ConfigureAwait(false);
        CheckColumns(rows, options);

        // The first stage that fails stops the others; its error is the one that is reported.
        using CancellationTokenSource stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        Channel<ParquetTable> read = Channel.CreateBounded<ParquetTable>(Waiting);
        Channel<(ParquetTable Rows, TokenizedTexts Texts)> tokenized = Channel.CreateBounded<(ParquetTable, TokenizedTexts)>(Waiting);
        Channel<(ParquetTable Rows, EmbeddedTexts Vectors)> embedded = Channel.CreateBounded<(ParquetTable, EmbeddedTexts)>(Waiting);
        Task<EmbedProgress> write = Stage(() => WriteAsync(embedded.Reader, rows, options, progress, stop.Token), null, stop);
        Task[] stages =
        [
            Stage(() => ReadAsync(rows, options.ChunkRows, read.Writer, stop.Token), read.Writer.TryComplete, stop),
            Stage(
                () => TransformAsync(
                    read.Reader, tokenized.Writer, chunk => (chunk, embedder.Tokenize(chunk.Strings(options.TextColumn))), stop.Token),
                tokenized.Writer.TryComplete,
                stop),
            Stage(
                () => TransformAsync(
                    tokenized.Reader, embedded.Writer, chunk => (chunk.Rows, embedder.Run(chunk.Texts, stop.Token)), stop.Token),
                embedded.Writer.TryComplete,
                stop),
            write,
        ];
        try
        {
            await Task.WhenAll(stages).ConfigureAwait(false);
        }
        catch (Exception) when (Array.Find(stages, stage => stage.IsFaulted) is Task failed)
        {
            System.Runtime.ExceptionServices.ExceptionDispatchInfo.Throw(failed.Exception!.InnerException!);
        }

        return await write.ConfigureAwait(false);
    }

    private static void CheckColumns(ParquetRows rows, EmbedPipelineOptions options)
    {
        ColumnSchema? text = rows.Schema.FirstOrDefault(column => column.Name == options.TextColumn);
        string columns = string.Join(", ", rows.Schema);
        if (text is null || text.Kind != ColumnKind.String)
        {
            throw new DataException($"{options.InputPath}: needs a text column '{options.TextColumn}', the file has {columns}");
        }

        if (rows.Schema.Any(column => column.Name == options.EmbeddingColumn))
        {
            throw new DataException(
                $"{options.InputPath}: needs no column '{options.EmbeddingColumn}', which is to be written, the file has {columns}");
        }
    }

    private static Task<T> Stage<T>(
        Func<Task<T>> work, Func<Exception?, bool>? complete, CancellationTokenSource stop) => Task.Run(async () =>
    {
        try
        {
            return await work().ConfigureAwait(false);
        }
        catch
        {
            await stop.CancelAsync().ConfigureAwait(false);
            throw;
        }
        finally
        {
            complete?.Invoke(null);
        }
    });

    private static async Task<long> ReadAsync(
        ParquetRows rows, int chunkRows, ChannelWriter<ParquetTable> output, CancellationToken cancellationToken)
    {
        long count = 0;
        await foreach (ParquetTable group in rows.ReadRowGroupsAsync(cancellationToken).ConfigureAwait(false))
        {
            for (int start = 0; start < group.RowCount; start += chunkRows)
            {
                int length = Math.Min(chunkRows, group.RowCount - start);
                ParquetTable chunk = length == group.RowCount ? group : group.Take([.. Enumerable.Range(start, length)]);
                await output.WriteAsync(chunk, cancellationToken).ConfigureAwait(false);
                count += length;
            }
        }

        return count;
    }

    private static async Task<long> TransformAsync<TIn, TOut>(
        ChannelReader<TIn> input, ChannelWriter<TOut> output, Func<TIn, TOut> transform, CancellationToken cancellationToken)
    {
        long count = 0;
        await foreach (TIn chunk in input.ReadAllAsync(cancellationToken).ConfigureAwait(false))
        {
            await output.WriteAsync(transform(chunk), cancellationToken).ConfigureAwait(false);
            count++;
        }

        return count;
    }

    private static async Task<EmbedProgress> WriteAsync(
        ChannelReader<(ParquetTable Rows, EmbeddedTexts Vectors)> input,
        ParquetRows rows,
        EmbedPipelineOptions options,
        IProgress<EmbedProgress>? progress,
        CancellationToken cancellationToken)
    {
        ColumnSchema[] schema = [.. rows.Schema, new ColumnSchema(options.EmbeddingColumn, ColumnKind.FloatList, true)];
        EmbedProgress done = new(0, rows.RowCount, 0, 0);
        ParquetRowsWriter writer = await ParquetRowsWriter.CreateAsync(options.OutputPath, schema, options.Force, cancellationToken)
            .ConfigureAwait(false);
        await using (writer.ConfigureAwait(false))
        {
            await foreach ((ParquetTable chunk, EmbeddedTexts vectors) in input.ReadAllAsync(cancellationToken).ConfigureAwait(false))
            {
                int[] offsets = [.. Enumerable.Range(0, vectors.Rows + 1).Select(row => row * vectors.Columns)];
                ListColumn<float> column = new(options.EmbeddingColumn, vectors.Values, offsets);
                await writer.AppendAsync(chunk.With(column), cancellationToken).ConfigureAwait(false);
                done = done with
                {
                    Rows = done.Rows + vectors.Rows,
                    Tokens = done.Tokens + vectors.TokenCount,
                    TruncatedRows = done.TruncatedRows + vectors.TruncatedCount,
                };
                progress?.Report(done);
            }

            // A stage that stopped early has ended its channel; its error must not give a short file a name.
            cancellationToken.ThrowIfCancellationRequested();
            await writer.CompleteAsync().ConfigureAwait(false);
        }

        return done;
    }
}
