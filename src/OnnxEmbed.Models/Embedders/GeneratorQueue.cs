using System.Threading.Channels;
using OnnxEmbed.Tensors;

namespace OnnxEmbed.Models.Embedders;

/// <summary>
/// Calls that wait for the model, and the loop that runs them: it takes what is there, up to a number of texts, as one run, and gives each
/// caller its part. An error of a run of several is not all callers' error: each call is then run alone.
/// </summary>
internal sealed class GeneratorQueue : IDisposable
{
    private readonly Embedder _embedder;
    private readonly TextEmbeddingGeneratorOptions _options;
    private readonly Channel<GeneratorCall> _calls;
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _loop;
    private int _disposed;

    public GeneratorQueue(Embedder embedder, TextEmbeddingGeneratorOptions options)
    {
        _embedder = embedder;
        _options = options;
        _calls = Channel.CreateBounded<GeneratorCall>(new BoundedChannelOptions(options.MaxWaitingCalls) { SingleReader = true });
        _loop = Task.Run(LoopAsync);
    }

    public async Task<(EmbeddedTexts Vectors, long Tokens)> RunAsync(IReadOnlyList<string> texts, CancellationToken cancellationToken)
    {
        GeneratorCall call = new(texts, cancellationToken);
        try
        {
            await _calls.Writer.WriteAsync(call, cancellationToken).ConfigureAwait(false);
        }
        catch (ChannelClosedException)
        {
            throw new ObjectDisposedException(nameof(TextEmbeddingGenerator));
        }

        return await call.Result.ConfigureAwait(false);
    }

    public void Dispose()
    {
        if (Interlocked.Exchange(ref _disposed, 1) == 0)
        {
            _stop.Cancel();
            _calls.Writer.Complete();
            _loop.GetAwaiter().GetResult();
            _stop.Dispose();
        }
    }

    private async Task LoopAsync()
    {
        List<GeneratorCall> calls = [];
        try
        {
            while (await _calls.Reader.WaitToReadAsync(_stop.Token).ConfigureAwait(false))
            {
                await GatherAsync(calls).ConfigureAwait(false);
                _stop.Token.ThrowIfCancellationRequested();
                Run(calls);
                calls.Clear();
            }
        }
        catch (OperationCanceledException) when (_stop.IsCancellationRequested)
        {
            // Disposed of: the calls that are left learn it below.
        }

        while (_calls.Reader.TryRead(out GeneratorCall? left))
        {
            calls.Add(left);
        }

        calls.ForEach(call => call.Fail(new ObjectDisposedException(nameof(TextEmbeddingGenerator))));
    }

    // What waits, and for a while what comes, until the run is full.
    private async Task GatherAsync(List<GeneratorCall> calls)
    {
        int texts = Take(calls, 0);
        if (_options.MaxDelay == TimeSpan.Zero)
        {
            return;
        }

        using CancellationTokenSource delay = new(_options.MaxDelay, _options.Time);
        using CancellationTokenSource either = CancellationTokenSource.CreateLinkedTokenSource(delay.Token, _stop.Token);
        try
        {
            while (texts < _options.MaxTextsPerRun && await _calls.Reader.WaitToReadAsync(either.Token).ConfigureAwait(false))
            {
                int before = texts;
                texts = Take(calls, texts);
                if (texts == before)
                {
                    return;
                }
            }
        }
        catch (OperationCanceledException) when (!_stop.IsCancellationRequested)
        {
            // The delay is over.
        }
    }

    private int Take(List<GeneratorCall> calls, int texts)
    {
        while (_calls.Reader.TryPeek(out GeneratorCall? next) && (calls.Count == 0 || texts + next.Texts.Count <= _options.MaxTextsPerRun))
        {
            _calls.Reader.TryRead(out next);
            if (!next!.CancellationToken.IsCancellationRequested)
            {
                calls.Add(next);
                texts += next.Texts.Count;
            }
        }

        return texts;
    }

    private void Run(List<GeneratorCall> calls)
    {
        if (calls.Count == 0)
        {
            return;
        }

        // Nobody waits for a run when every caller has gone.
        using CancellationTokenSource unwanted = new();
        int waiting = calls.Count;
        CancellationTokenRegistration[] registrations =
        [
            .. calls.Select(call => call.CancellationToken.Register(() =>
            {
                if (Interlocked.Decrement(ref waiting) == 0)
                {
                    unwanted.Cancel();
                }
            })),
        ];
        try
        {
            TokenizedTexts texts = _embedder.Tokenize([.. calls.SelectMany(call => call.Texts)]);
            EmbeddedTexts vectors = _embedder.Run(texts, unwanted.Token);
            int first = 0;
            foreach (GeneratorCall call in calls)
            {
                call.Complete(Part(vectors, first, call.Texts.Count), Enumerable.Range(first, call.Texts.Count).Sum(text => (long)texts.LengthOf(text)));
                first += call.Texts.Count;
            }
        }
        catch (DataException) when (calls.Count > 1)
        {
            foreach (GeneratorCall call in calls)
            {
                Run([call]);
            }
        }
#pragma warning disable CA1031 // The callers get the error; the loop goes on for the next.
        catch (Exception error)
#pragma warning restore CA1031
        {
            calls.ForEach(call => call.Fail(error));
        }
        finally
        {
            foreach (CancellationTokenRegistration registration in registrations)
            {
                registration.Dispose();
            }
        }
    }

    private static EmbeddedTexts Part(EmbeddedTexts all, int first, int count) => count == all.Rows
        ? all
        : all with { Values = all.Values[(first * all.Columns)..((first + count) * all.Columns)], Rows = count };
}
