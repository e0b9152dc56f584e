using System.Collections.Concurrent;
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
    private readonly EmbedderOptions _options;
    private readonly string[] _inputNames;
    private readonly ConcurrentBag<BatchBuffers> _buffers = [];

    private Embedder(ModelPackage package, InferenceSession session, IReadOnlyList<IDisposable> held, EmbedderOptions options)
    {
        Package = package;
        Tokenizer = package.Tokenizer;
        MaxLength = options.MaxLength ?? package.MaxLength;
        _session = session;
        _held = held;
        _options = options;
        _inputNames = [.. session.InputNames];
        Width = CheckContract();
    }

    /// <summary>The package that is run.</summary>
    public ModelPackage Package { get; }

    /// <summary>Its tokenizer.</summary>
    public ITextTokenizer Tokenizer { get; }

    /// <summary>Width of a vector.</summary>
    public int Width { get; }

    /// <summary>The longest text in tokens; longer ones are cut.</summary>
    public int MaxLength { get; }

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
        foreach (IDisposable held in _held)
        {
            held.Dispose();
        }
    }

    internal TokenizedTexts Tokenize(IReadOnlyList<string> texts) => new(Tokenizer, texts, MaxLength, Package.DefaultPrompt);

    internal EmbeddedTexts Run(TokenizedTexts texts, CancellationToken cancellationToken)
    {
        if ((long)texts.Count * Width > Array.MaxLength)
        {
            throw new DataException($"embed: needs texts × width of at most {Array.MaxLength} for one call, got {texts.Count} × {Width}");
        }

        float[] vectors = new float[texts.Count * Width];
        int padId = Tokenizer.PadId ?? 0; // without a pad token any id will do: the mask hides it
        BatchBuffers buffers = _buffers.TryTake(out BatchBuffers? free) ? free : new BatchBuffers(_inputNames, Width);
        using RunOptions run = new();
        try
        {
            foreach (int[] batch in texts.Batches(_options.MaxTokensPerBatch))
            {
                cancellationToken.ThrowIfCancellationRequested();
                buffers.Run(_session, run, texts, batch, padId, vectors);
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

        return new EmbeddedTexts(vectors, texts.Count, Width, texts.TruncatedCount, texts.TokenCount);
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
