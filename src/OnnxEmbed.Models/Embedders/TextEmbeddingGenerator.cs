using Microsoft.Extensions.AI;

namespace OnnxEmbed.Models.Embedders;

/// <summary>An <see cref="Embedder"/> as Microsoft.Extensions.AI's generator of embeddings.</summary>
/// <param name="embedder">Does the work; disposed of with the generator.</param>
public sealed class TextEmbeddingGenerator(Embedder embedder) : IEmbeddingGenerator<string, Embedding<float>>
{
    private readonly EmbeddingGeneratorMetadata _metadata = new("onnxembed", null, embedder.Package.Name, embedder.Width);

    /// <inheritdoc/>
    public Task<GeneratedEmbeddings<Embedding<float>>> GenerateAsync(
        IEnumerable<string> values, EmbeddingGenerationOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(values);
        if (options?.Dimensions is int wanted && wanted != embedder.Width)
        {
            throw new NotSupportedException($"{embedder.Package.Name}: needs dimensions to be {embedder.Width}, got {wanted}");
        }

        string[] texts = [.. values];
        return Task.Run(
            () =>
            {
                EmbeddedTexts matrix = embedder.Embed(texts, cancellationToken);
                GeneratedEmbeddings<Embedding<float>> result = new(matrix.Rows)
                {
                    Usage = new UsageDetails { InputTokenCount = matrix.TokenCount, TotalTokenCount = matrix.TokenCount },
                };
                for (int row = 0; row < matrix.Rows; row++)
                {
                    result.Add(new Embedding<float>(matrix[row].ToArray()) { ModelId = embedder.Package.Name });
                }

                return result;
            },
            cancellationToken);
    }

    /// <inheritdoc/>
    public object? GetService(Type serviceType, object? serviceKey = null)
    {
        ArgumentNullException.ThrowIfNull(serviceType);
        return serviceKey is not null ? null
            : serviceType == typeof(EmbeddingGeneratorMetadata) ? _metadata
            : serviceType.IsInstanceOfType(this) ? this
            : serviceType.IsInstanceOfType(embedder) ? embedder
            : null;
    }

    /// <inheritdoc/>
    public void Dispose() => embedder.Dispose();
}
