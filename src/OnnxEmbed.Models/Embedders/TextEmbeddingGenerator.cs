using Microsoft.Extensions.AI;
using OnnxEmbed.Tensors;

namespace OnnxEmbed.Models.Embedders;

/// <summary>
/// An <see cref="Embedder"/> as Microsoft.Extensions.AI's generator of embeddings. Any number of callers may use it at once: what arrives
/// while the model runs goes together in its next run, so that many small calls cost what one large call costs.
/// </summary>
public sealed class TextEmbeddingGenerator : IEmbeddingGenerator<string, Embedding<float>>
{
    private readonly Embedder _embedder;
    private readonly bool _ownsEmbedder;
    private readonly GeneratorQueue _queue;
    private readonly EmbeddingGeneratorMetadata _metadata;

    /// <summary>Makes a generator.</summary>
    /// <param name="embedder">Does the work.</param>
    /// <param name="options">How calls are put together; null for the defaults.</param>
    /// <param name="ownsEmbedder">Whether the embedder is disposed of with the generator.</param>
    /// <exception cref="OptionException">An option is wrong.</exception>
    public TextEmbeddingGenerator(Embedder embedder, TextEmbeddingGeneratorOptions? options = null, bool ownsEmbedder = true)
    {
        ArgumentNullException.ThrowIfNull(embedder);
        options ??= new TextEmbeddingGeneratorOptions();
        Check(options);
        _embedder = embedder;
        _ownsEmbedder = ownsEmbedder;
        _queue = new GeneratorQueue(embedder, options);
        _metadata = new EmbeddingGeneratorMetadata("onnxembed", null, embedder.Package.Name, embedder.Width);
    }

    /// <summary>The vectors of texts, in their order, with the tokens that they cost.</summary>
    /// <param name="values">The texts.</param>
    /// <param name="options"><see cref="EmbeddingGenerationOptions.Dimensions"/> keeps the beginning of each vector, scaled to length 1 again
    /// where whole vectors are; <see cref="EmbeddingGenerationOptions.ModelId"/> may only name the package.</param>
    /// <param name="cancellationToken">Ends the wait; a run goes on for the other callers in it.</param>
    /// <exception cref="NotSupportedException">The options ask for another model or for more dimensions than there are.</exception>
    /// <exception cref="DataException">ONNX Runtime failed on the model, or a vector is not finite.</exception>
    /// <exception cref="ObjectDisposedException">The generator was disposed of before the texts had their turn.</exception>
    public async Task<GeneratedEmbeddings<Embedding<float>>> GenerateAsync(
        IEnumerable<string> values, EmbeddingGenerationOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(values);
        string[] texts = [.. values];
        if (Array.IndexOf(texts, null) is int missing and >= 0)
        {
            throw new ArgumentException($"{_embedder.Package.Name}: needs texts, got null at {missing}", nameof(values));
        }

        int width = options?.Dimensions ?? _embedder.Width;
        if (width < 1 || width > _embedder.Width)
        {
            throw new NotSupportedException($"{_embedder.Package.Name}: needs dimensions in [1, {_embedder.Width}], got {width}");
        }

        if (options?.ModelId is string model && model != _embedder.Package.Name)
        {
            throw new NotSupportedException($"{_embedder.Package.Name}: needs its own name as the model, got {model}");
        }

        (EmbeddedTexts vectors, long tokens) = await _queue.RunAsync(texts, cancellationToken).ConfigureAwait(false);
        GeneratedEmbeddings<Embedding<float>> result = new(vectors.Rows)
        {
            Usage = new UsageDetails { InputTokenCount = tokens, TotalTokenCount = tokens },
        };
        for (int row = 0; row < vectors.Rows; row++)
        {
            result.Add(new Embedding<float>(_embedder.Shortened(vectors[row], width)) { ModelId = _embedder.Package.Name });
        }

        return result;
    }

    /// <inheritdoc/>
    public object? GetService(Type serviceType, object? serviceKey = null)
    {
        ArgumentNullException.ThrowIfNull(serviceType);
        return serviceKey is not null ? null
            : serviceType == typeof(EmbeddingGeneratorMetadata) ? _metadata
            : serviceType.IsInstanceOfType(this) ? this
            : serviceType.IsInstanceOfType(_embedder) ? _embedder
            : null;
    }

    /// <summary>Lets the run under way end, fails the calls that wait, and disposes of the embedder where it is owned.</summary>
    public void Dispose()
    {
        _queue.Dispose();
        if (_ownsEmbedder)
        {
            _embedder.Dispose();
        }
    }

    private static void Check(TextEmbeddingGeneratorOptions options)
    {
        List<string> faults = [];
        if (options.MaxDelay < TimeSpan.Zero)
        {
            faults.Add($"delay: needs zero or more, got {options.MaxDelay}");
        }

        if (options.MaxTextsPerRun < 1)
        {
            faults.Add($"texts per run: needs 1 or more, got {options.MaxTextsPerRun}");
        }

        if (options.MaxWaitingCalls < 1)
        {
            faults.Add($"waiting calls: needs 1 or more, got {options.MaxWaitingCalls}");
        }

        if (faults.Count > 0)
        {
            throw new OptionException(string.Join("; ", faults));
        }
    }
}
