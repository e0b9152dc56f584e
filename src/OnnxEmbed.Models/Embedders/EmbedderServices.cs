using Microsoft.Extensions.AI;
using Microsoft.Extensions.DependencyInjection;
using OnnxEmbed.Models.Packages;

namespace OnnxEmbed.Models.Embedders;

/// <summary>Registration of embedders with a dependency-injection container.</summary>
public static class EmbedderServices
{
    /// <summary>
    /// Registers a model package, opened at its first use and closed with the container: as <see cref="Embedder"/>, as
    /// <see cref="TextEmbeddingGenerator"/> and as <see cref="IEmbeddingGenerator{TInput, TEmbedding}"/> of texts, one of each for all callers.
    /// </summary>
    /// <param name="services">The container's services.</param>
    /// <param name="path">Directory of the model package.</param>
    /// <param name="options">How it runs.</param>
    /// <param name="batching">How calls of several callers are put together; null for the defaults.</param>
    /// <returns>The services.</returns>
    public static IServiceCollection AddOnnxEmbedder(
        this IServiceCollection services, string path, EmbedderOptions options, TextEmbeddingGeneratorOptions? batching = null)
    {
        ArgumentNullException.ThrowIfNull(services);
        ArgumentException.ThrowIfNullOrEmpty(path);
        ArgumentNullException.ThrowIfNull(options);
        return services
            .AddSingleton(_ => Embedder.Open(ModelPackage.Open(path), options))
            .AddSingleton(provider => new TextEmbeddingGenerator(provider.GetRequiredService<Embedder>(), batching, ownsEmbedder: false))
            .AddSingleton<IEmbeddingGenerator<string, Embedding<float>>>(provider => provider.GetRequiredService<TextEmbeddingGenerator>());
    }

    /// <summary>Like <see cref="AddOnnxEmbedder"/>, under a key, for programs with several models.</summary>
    /// <param name="services">The container's services.</param>
    /// <param name="serviceKey">The key.</param>
    /// <param name="path">Directory of the model package.</param>
    /// <param name="options">How it runs.</param>
    /// <param name="batching">How calls of several callers are put together; null for the defaults.</param>
    /// <returns>The services.</returns>
    public static IServiceCollection AddKeyedOnnxEmbedder(
        this IServiceCollection services, object serviceKey, string path, EmbedderOptions options, TextEmbeddingGeneratorOptions? batching = null)
    {
        ArgumentNullException.ThrowIfNull(services);
        ArgumentNullException.ThrowIfNull(serviceKey);
        ArgumentException.ThrowIfNullOrEmpty(path);
        ArgumentNullException.ThrowIfNull(options);
        return services
            .AddKeyedSingleton(serviceKey, (_, _) => Embedder.Open(ModelPackage.Open(path), options))
            .AddKeyedSingleton(
                serviceKey,
                (provider, key) => new TextEmbeddingGenerator(provider.GetRequiredKeyedService<Embedder>(key), batching, ownsEmbedder: false))
            .AddKeyedSingleton<IEmbeddingGenerator<string, Embedding<float>>>(
                serviceKey, (provider, key) => provider.GetRequiredKeyedService<TextEmbeddingGenerator>(key));
    }
}
