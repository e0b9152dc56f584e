using System.Collections.Concurrent;
using System.Numerics.Tensors;
using Microsoft.ML.OnnxRuntime;
using OnnxEmbed.Models.Architectures;
using OnnxEmbed.Models.Packages;
using OnnxEmbed.Models.Tokenizers;
using OnnxEmbed.Tensors;

namespace OnnxEmbed.Models.Embedders;

/// <summary>
/// Turns texts into vectors with a model package: tokenises, sorts into batches of about equal length, runs ONNX Runtime, restores the
/// order. Several threads may call it at once; each run in flight has its own buffers.
/// </summary>
public sealed partial class Embedder : IDisposable
{
    private readonly InferenceSession _session;
    private readonly IReadOnlyList<IDisposable> _held;
    private readonly string[] _inputNames;
    private readonly int _modelWidth;
    private readonly bool _scales;
    private readonly string _prompt;
    private readonly ConcurrentBag<BatchBuffers> _buffers = [];

    private Embedder(ModelPackage package, InferenceSession session, IReadOnlyList<IDisposable> held, EmbedderOptions options)
    {
        Package = package;
        Tokenizer = package.Tokenizer;
        MaxLength = options.MaxLength ?? package.MaxLength;
        Options = options;
        _prompt = options.Prompt is null ? package.DefaultPrompt : package.PromptNamed(options.Prompt);
        _session = session;
        _held = held;
        _inputNames = [.. session.InputNames];
        _modelWidth = CheckContract();
        Width = options.Dimensions ?? _modelWidth;
        if (Width < 1 || Width > _modelWidth)
        {
            throw new OptionException($"dimensions: needs a number in [1, {_modelWidth}], got {Width}");
        }

        _scales = (options.Normalize ?? package.Normalize) && (Width < _modelWidth || !package.Normalize);
    }

    /// <summary>The package that is run.</summary>
    public ModelPackage Package { get; }

    /// <summary>Its tokenizer.</summary>
    public ITextTokenizer Tokenizer { get; }

    /// <summary>Width of a vector.</summary>
    public int Width { get; }

    /// <summary>The longest text in tokens; longer ones are cut.</summary>
    public int MaxLength { get; }

    /// <summary>How it was opened.</summary>
    public EmbedderOptions Options { get; }

    /// <summary>The vectors of texts, in their order.</summary>
    /// <param name="texts">Any number of texts; their ids and vectors must fit into memory.</param>
    /// <param name="cancellationToken">Stops between two batches.</param>
    /// <exception cref="DataException">
    /// Texts and vectors do not fit one array, ONNX Runtime failed on the model, or a vector is not finite.
    /// </exception>
    /// <exception cref="OperationCanceledException">It was stopped.</exception>
    public EmbeddedTexts Embed(IReadOnlyList<string> texts, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(texts);
        return Run(Tokenize(texts), cancellationToken);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _session.Dispose();
        foreach (IDisposable held in _held.Concat(_buffers))
        {
            held.Dispose();
        }
    }

    internal TokenizedTexts Tokenize(IReadOnlyList<string?> texts, Func<int, string>? nameOf = null) =>
        new(Tokenizer, texts, MaxLength, _prompt, Options.Threads, nameOf);

    internal EmbeddedTexts Run(TokenizedTexts texts, CancellationToken cancellationToken)
    {
        if ((long)texts.Count * Width > Array.MaxLength)
        {
            throw new DataException($"embed: needs texts × width of at most {Array.MaxLength} for one call, got {texts.Count} × {Width}");
        }

        float[] vectors = new float[texts.Count * Width];
        void Put(int text, ReadOnlySpan<float> vector) => vector.CopyTo(vectors.AsSpan(text * Width));
        List<int[]> batches = texts.Batches(Options.MaxTokensPerBatch);
        if (Options.Sessions == 1 || batches.Count < 2)
        {
            foreach (int[] batch in batches)
            {
                cancellationToken.ThrowIfCancellationRequested();
                RunBatch(texts, batch, Put);
            }
        }
        else
        {
            RunTogether(batches, batch => RunBatch(texts, batch, Put), cancellationToken);
        }

        return new EmbeddedTexts(vectors, texts.Count, Width, texts.TruncatedCount, texts.TokenCount);
    }

    /// <summary>The first numbers of a vector, scaled to length 1 again where whole vectors are.</summary>
    internal float[] Shortened(ReadOnlySpan<float> vector, int width)
    {
        float[] shortened = vector[..width].ToArray();
        if (width < vector.Length && (Options.Normalize ?? Package.Normalize))
        {
            Scale(shortened, shortened);
        }

        return shortened;
    }

    /// <summary>Runs one batch and gives each text's vector to a sink. Several threads may call it at once.</summary>
    internal void RunBatch(TokenizedTexts texts, ReadOnlySpan<int> batch, VectorSink sink)
    {
        BatchBuffers buffers = _buffers.TryTake(out BatchBuffers? free) ? free : new BatchBuffers(_inputNames, _modelWidth);
        try
        {
            // Without a pad token any id will do: the mask hides it.
            ReadOnlySpan<float> vectors = buffers.Run(_session, texts, batch, Tokenizer.PadId ?? 0);
            Span<float> scaled = _scales ? new float[Width] : default;
            for (int i = 0; i < batch.Length; i++)
            {
                ReadOnlySpan<float> vector = vectors.Slice(i * _modelWidth, Width);
                if (_scales)
                {
                    Scale(vector, scaled);
                    vector = scaled;
                }

                sink(batch[i], vector);
            }
        }
        catch (OnnxRuntimeException e)
        {
            throw new DataException($"{Package.ModelPath}: ONNX Runtime failed: {e.Message}", e);
        }
        catch (DataException e)
        {
            throw new DataException($"{Package.ModelPath}: {e.Message}", e);
        }
        finally
        {
            _buffers.Add(buffers);
        }
    }

    // x / √(Σ x²); a vector of zeros stays one.
    private static void Scale(ReadOnlySpan<float> vector, Span<float> scaled)
    {
        double squares = 0;
        foreach (float value in vector)
        {
            squares += (double)value * value;
        }

        TensorPrimitives.Multiply(vector, squares > 0 ? (float)(1 / Math.Sqrt(squares)) : 0, scaled);
    }

    private void RunTogether(List<int[]> batches, Action<int[]> run, CancellationToken cancellationToken)
    {
        try
        {
            Parallel.ForEach(
                Partitioner.Create(batches, EnumerablePartitionerOptions.NoBuffering),
                new ParallelOptions { MaxDegreeOfParallelism = Options.Sessions, CancellationToken = cancellationToken },
                run);
        }
        catch (AggregateException e)
        {
            System.Runtime.ExceptionServices.ExceptionDispatchInfo.Throw(e.Flatten().InnerExceptions[0]);
        }
    }

    // Inputs and outputs are those of the package contract; returns the width of a vector.
    private int CheckContract()
    {
        string[] known = [EncoderInputs.InputIdsName, EncoderInputs.AttentionMaskName, EncoderInputs.TokenTypeIdsName];
        if (!_inputNames.Contains(known[0]) || _inputNames.Except(known).Any())
        {
            throw new DataException(
                $"{Package.ModelPath}: needs the inputs {string.Join(", ", known)}, got {string.Join(", ", _inputNames)}");
        }

        if (!_session.OutputMetadata.TryGetValue(EncoderGraph.SentenceEmbeddingName, out NodeMetadata? output)
            || output.ElementDataType != Microsoft.ML.OnnxRuntime.Tensors.TensorElementType.Float
            || output.Dimensions is not [_, > 0])
        {
            throw new DataException(
                $"{Package.ModelPath}: needs an output {EncoderGraph.SentenceEmbeddingName} f32 [batch_size, width], "
                + $"got {string.Join(", ", _session.OutputNames)}");
        }

        return output.Dimensions[1];
    }
}
