using Microsoft.Extensions.AI;
using Microsoft.Extensions.DependencyInjection;
using OnnxEmbed.Models.Architectures;
using OnnxEmbed.Models.Embedders;
using OnnxEmbed.Models.Packages;
using OnnxEmbed.Tensors;
using OnnxEmbed.TestKit.Comparing;
using OnnxEmbed.TestKit.Files;

namespace OnnxEmbed.Models.Tests.Embedders;

public sealed class TextEmbeddingGeneratorTests : IDisposable
{
    private static readonly Tolerance Padding = new(1e-6, 1e-5);

    private readonly TemporaryDirectory _directory = new();
    private readonly ModelPackage _package;

    public TextEmbeddingGeneratorTests() =>
        _package = ModelInit.Create(new ModelInitOptions { Architecture = "bert", HiddenSize = 16, Layers = 1, Heads = 2, MaxPositions = 64 }, _directory["model"]);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => _directory.Dispose();

    [Theory]
    [InlineData(0)]
    [InlineData(3)]
    public async Task GenerateAsync_ManyCallers_GivesEachItsVectorsAndTokens(int delayMilliseconds)
    {
        using TextEmbeddingGenerator generator = Generator(new() { MaxDelay = TimeSpan.FromMilliseconds(delayMilliseconds), MaxTextsPerRun = 20, MaxWaitingCalls = 5 });
        Embedder embedder = generator.GetService<Embedder>()!;

        await Task.WhenAll(Enumerable.Range(0, 100).Select(caller => Task.Run(
            async () =>
            {
                string[] texts = [.. Enumerable.Range(0, caller % 4).Select(i => $"{caller}, {i}, {caller * i}")];
                GeneratedEmbeddings<Embedding<float>> given = await generator.GenerateAsync(texts, cancellationToken: Token);
                EmbeddedTexts expected = embedder.Embed(texts, Token);
                Assert.Equal(texts.Length, given.Count);
                Assert.Equal(expected.TokenCount, given.Usage!.InputTokenCount);
                for (int i = 0; i < texts.Length; i++)
                {
                    TensorAssert.Close(expected[i], given[i].Vector.Span, Padding);
                }
            },
            Token)));
    }

    [Fact]
    public async Task GenerateAsync_OneCallerGone_TheOthersGetTheirs()
    {
        // The clock stands still, so the run waits until it is full: with the third text.
        using TextEmbeddingGenerator generator = Generator(new() { MaxDelay = TimeSpan.FromHours(1), MaxTextsPerRun = 3, Time = new StillTime() });
        using CancellationTokenSource gone = new();
        Task<GeneratedEmbeddings<Embedding<float>>> first = generator.GenerateAsync(["1"], cancellationToken: Token);
        Task<GeneratedEmbeddings<Embedding<float>>> second = generator.GenerateAsync(["2"], cancellationToken: gone.Token);
        await Task.Delay(20, Token);
        Assert.False(first.IsCompleted);

        await gone.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => second);
        Task<GeneratedEmbeddings<Embedding<float>>> third = generator.GenerateAsync(["3"], cancellationToken: Token);
        Assert.Single(await first);
        Assert.Single(await third);
    }

    [Fact]
    public async Task GenerateAsync_CancelledBefore_DoesNotRun()
    {
        using TextEmbeddingGenerator generator = Generator();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => generator.GenerateAsync(["1"], cancellationToken: new CancellationToken(true)));
    }

    [Fact]
    public async Task Dispose_CallsThatWait_AreTold()
    {
        TextEmbeddingGenerator generator = Generator(new() { MaxDelay = TimeSpan.FromHours(1), Time = new StillTime() });
        Task<GeneratedEmbeddings<Embedding<float>>> waiting = generator.GenerateAsync(["1"], cancellationToken: Token);
        await Task.Delay(20, Token);

        generator.Dispose();
        generator.Dispose();

        await Assert.ThrowsAsync<ObjectDisposedException>(() => waiting);
        await Assert.ThrowsAsync<ObjectDisposedException>(() => generator.GenerateAsync(["1"], cancellationToken: Token));
    }

    [Fact]
    public async Task GenerateAsync_Dimensions_KeepsTheBeginningScaledToOne()
    {
        using TextEmbeddingGenerator generator = Generator();
        using Embedder four = Embedder.Open(_package, new EmbedderOptions(1) { Dimensions = 4 });

        ReadOnlyMemory<float> vector = await generator.GenerateVectorAsync("1, 2", new EmbeddingGenerationOptions { Dimensions = 4 }, Token);

        TensorAssert.Close(four.Embed(["1, 2"], Token)[0], vector.Span, Padding);
    }

    [Theory]
    [InlineData(17, null, "model: needs dimensions in [1, 16], got 17")]
    [InlineData(null, "other", "model: needs its own name as the model, got other")]
    public async Task GenerateAsync_WhatItCannotDo_SaysSo(int? dimensions, string? model, string message)
    {
        using TextEmbeddingGenerator generator = Generator();

        NotSupportedException e = await Assert.ThrowsAsync<NotSupportedException>(
            () => generator.GenerateAsync(["1"], new EmbeddingGenerationOptions { Dimensions = dimensions, ModelId = model }, Token));

        Assert.Equal(message, e.Message);
    }

    [Fact]
    public void Constructor_WrongOptions_ReportsThemTogether()
    {
        OptionException e = Assert.Throws<OptionException>(() => Generator(new() { MaxDelay = TimeSpan.FromSeconds(-1), MaxTextsPerRun = 0, MaxWaitingCalls = 0 }));

        Assert.Equal("delay: needs zero or more, got -00:00:01; texts per run: needs 1 or more, got 0; waiting calls: needs 1 or more, got 0", e.Message);
    }

    [Fact]
    public async Task AddOnnxEmbedder_Container_GivesOneOfEach()
    {
        await using ServiceProvider services = new ServiceCollection()
            .AddOnnxEmbedder(_package.FullPath, new EmbedderOptions(1))
            .AddKeyedOnnxEmbedder("small", _package.FullPath, new EmbedderOptions(1) { Dimensions = 2 })
            .BuildServiceProvider();

        IEmbeddingGenerator<string, Embedding<float>> generator = services.GetRequiredService<IEmbeddingGenerator<string, Embedding<float>>>();

        Assert.Same(services.GetRequiredService<TextEmbeddingGenerator>(), generator);
        Assert.Same(services.GetRequiredService<Embedder>(), generator.GetService<Embedder>());
        Assert.Equal(16, (await generator.GenerateVectorAsync("1", cancellationToken: Token)).Length);
        IEmbeddingGenerator<string, Embedding<float>> small = services.GetRequiredKeyedService<IEmbeddingGenerator<string, Embedding<float>>>("small");
        Assert.Equal(2, (await small.GenerateVectorAsync("1", cancellationToken: Token)).Length);
        Assert.Equal(2, small.GetService<EmbeddingGeneratorMetadata>()!.DefaultModelDimensions);
    }

    private TextEmbeddingGenerator Generator(TextEmbeddingGeneratorOptions? options = null)
    {
        Embedder embedder = Embedder.Open(_package, new EmbedderOptions(1));
        try
        {
            return new TextEmbeddingGenerator(embedder, options);
        }
        catch
        {
            embedder.Dispose();
            throw;
        }
    }

    /// <summary>A clock whose timers never come.</summary>
    private sealed class StillTime : TimeProvider
    {
        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) =>
            System.CreateTimer(callback, state, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }
}
