using System.Runtime.ExceptionServices;
using System.Threading.Channels;
using OnnxEmbed.Data.Carrying;

namespace OnnxEmbed.Models.Embedders;

/// <summary>
/// The stages of <see cref="EmbedPipeline"/>: read → windows → tokenised windows → batches run by several threads, windows written in order.
/// The first stage that fails stops the others; its error is the one that is reported.
/// </summary>
internal static class EmbedStages
{
    public static async Task RunAsync(
        Embedder embedder,
        EmbedPipelineOptions options,
        CarriedRows rows,
        long firstRow,
        long windowCharacters,
        int waiting,
        CarriedRowsWriter writer,
        Action<CarriedPart, EmbedProgress> written,
        CancellationToken cancellationToken)
    {
        using CancellationTokenSource stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        Channel<CarriedTable> read = Channel.CreateBounded<CarriedTable>(waiting);
        Channel<EmbedWindow> windows = Channel.CreateBounded<EmbedWindow>(waiting);
        Channel<(EmbedWindow Window, int[] Batch)> batches = Channel.CreateUnbounded<(EmbedWindow, int[])>();
        Task[] stages =
        [
            Stage(
                async () =>
                {
                    await foreach (CarriedTable block in rows.ReadAsync(firstRow, options.WindowRows, windowCharacters, stop.Token).ConfigureAwait(false))
                    {
                        await read.Writer.WriteAsync(block, stop.Token).ConfigureAwait(false);
                    }
                },
                stop,
                () => read.Writer.TryComplete()),
            Stage(
                async () =>
                {
                    long row = firstRow;
                    await foreach (CarriedTable block in read.Reader.ReadAllAsync(stop.Token).ConfigureAwait(false))
                    {
                        EmbedWindow window = new(block, embedder, options, row);
                        row += block.RowCount;

                        // The writer's place in the queue comes first: it bounds the windows whose batches may wait.
                        await windows.Writer.WriteAsync(window, stop.Token).ConfigureAwait(false);
                        foreach (int[] batch in window.Batches)
                        {
                            batches.Writer.TryWrite((window, batch));
                        }
                    }
                },
                stop,
                () => windows.Writer.TryComplete() & batches.Writer.TryComplete()),
            .. Enumerable.Range(0, embedder.Options.Sessions).Select(_ => Worker(embedder, batches.Reader, stop)),
            Stage(
                async () =>
                {
                    await foreach (EmbedWindow window in windows.Reader.ReadAllAsync(stop.Token).ConfigureAwait(false))
                    {
                        await window.Done.WaitAsync(stop.Token).ConfigureAwait(false);
                        CarriedPart part = await writer.AppendAsync(window.Rows, window.Vectors, stop.Token).ConfigureAwait(false);
                        TokenizedTexts texts = window.Texts;
                        written(part, new EmbedProgress(part.Rows, 0, texts.TokenCount, texts.TruncatedCount, texts.NullCount));
                    }
                },
                stop),
        ];
        try
        {
            await Task.WhenAll(stages).ConfigureAwait(false);
        }
        catch (Exception) when (Array.Find(stages, stage => stage.IsFaulted) is Task failed)
        {
            ExceptionDispatchInfo.Throw(failed.Exception!.InnerException!);
        }

        // A stage that was asked to stop has ended its channel, so those after it may have come to a regular end too early.
        cancellationToken.ThrowIfCancellationRequested();
    }

    private static Task Stage(Func<Task> work, CancellationTokenSource stop, Func<bool>? complete = null) => Task.Run(async () =>
    {
        try
        {
            await work().ConfigureAwait(false);
        }
        catch
        {
            await stop.CancelAsync().ConfigureAwait(false);
            throw;
        }
        finally
        {
            complete?.Invoke();
        }
    });

    // A thread of its own: a run blocks it, and the pool's threads are for tokenising.
    private static Task Worker(Embedder embedder, ChannelReader<(EmbedWindow Window, int[] Batch)> batches, CancellationTokenSource stop) =>
        Task.Factory.StartNew(
            () =>
            {
                try
                {
                    while (batches.WaitToReadAsync(stop.Token).AsTask().GetAwaiter().GetResult())
                    {
                        while (batches.TryRead(out (EmbedWindow Window, int[] Batch) next))
                        {
                            stop.Token.ThrowIfCancellationRequested();
                            next.Window.Run(embedder, next.Batch);
                        }
                    }
                }
                catch (OperationCanceledException) when (stop.IsCancellationRequested)
                {
                    // Whoever asked for the stop reports why.
                }
                catch
                {
                    stop.Cancel();
                    throw;
                }
            },
            CancellationToken.None,
            TaskCreationOptions.LongRunning,
            TaskScheduler.Default);
}
