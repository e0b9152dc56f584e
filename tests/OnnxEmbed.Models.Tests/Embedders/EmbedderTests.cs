using Microsoft.Extensions.AI;
using OnnxEmbed.Models.Adapters;
using OnnxEmbed.Models.Architectures;
using OnnxEmbed.Models.Embedders;
using OnnxEmbed.Models.Packages;
using OnnxEmbed.Models.Tests.Architectures;
using OnnxEmbed.Models.Tokenizers;
using OnnxEmbed.Onnx;
using OnnxEmbed.Tensors;
using OnnxEmbed.TestKit.Comparing;
using OnnxEmbed.TestKit.Files;

namespace OnnxEmbed.Models.Tests.Embedders;

public sealed class EmbedderTests : IDisposable
{
    private static readonly string[] Texts = ["1, 2, 3", "", "7", "1000000007", "2 3 5 7 11 13 17 19", "is 9 a square?", "7", "12,3"];

    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Theory]
    [InlineData("bert", 1)]
    [InlineData("bert", 24)]
    [InlineData("llama", 24)]
    [InlineData("llama", 4096)]
    public void Embed_TextsOfSeveralLengths_KeepsTheirOrder(string architecture, int maxTokens)
    {
        using Embedder embedder = Embedder.Open(Package(architecture), new EmbedderOptions(1) { MaxTokensPerBatch = maxTokens });

        EmbeddedTexts all = embedder.Embed(Texts, Token);

        Assert.Equal((Texts.Length, 16, 0), (all.Rows, all.Columns, all.TruncatedCount));
        for (int i = 0; i < Texts.Length; i++)
        {
            TensorAssert.Close(embedder.Embed([Texts[i]], Token)[0], all[i], new Tolerance(1e-6, 1e-5));
            Assert.Equal(1, TensorNorm(all[i]), 5);
        }

        Assert.Equal(all[2].ToArray(), all[6].ToArray());
        Assert.NotEqual(all[0].ToArray(), all[1].ToArray());
    }

    [Theory]
    [InlineData("bert")]
    [InlineData("llama")]
    public void Embed_OtherThreadCount_GivesTheSameBytes(string architecture)
    {
        // Wide enough for ONNX Runtime to share the products among threads.
        ModelPackage package = ModelInit.Create(
            new ModelInitOptions { Architecture = architecture, HiddenSize = 192, Layers = 2, Heads = 6, MaxPositions = 64 }, _directory["wide"]);
        string[] texts = [.. Enumerable.Range(0, 40).Select(i => string.Join(", ", Enumerable.Range(i * 37, (i % 9) + 3)))];
        using Embedder one = Embedder.Open(package, new EmbedderOptions(1));
        using Embedder three = Embedder.Open(package, new EmbedderOptions(3));

        Assert.Equal(one.Embed(texts, Token).Values, three.Embed(texts, Token).Values);
    }

    [Fact]
    public void Embed_OneText_EqualsTheReferenceForward()
    {
        ModelPackage package = Package("llama");
        using OnnxModel model = OnnxModel.Load(package.ModelPath);
        Matrix states = new ReferenceModel(package.Config, model.Tensors).Run(package.Tokenizer.Encode("3 * 4 = 12"));
        double[] last = states.Row(states.Rows - 1);
        double norm = Math.Sqrt(last.Sum(value => value * value));

        using Embedder embedder = Embedder.Open(package, new EmbedderOptions(1));

        TensorAssert.Close([.. last.Select(value => (float)(value / norm))], embedder.Embed(["3 * 4 = 12"], Token)[0], new Tolerance(1e-6, 1e-5));
    }

    [Fact]
    public void Embed_LongTexts_CutsAndCountsThem()
    {
        using Embedder embedder = Embedder.Open(Package("bert"), new EmbedderOptions(1) { MaxLength = 6 });

        EmbeddedTexts matrix = embedder.Embed(["123456789", "1234", "1"], Token);

        Assert.Equal(1, matrix.TruncatedCount);
        Assert.Equal(6 + 6 + 3, matrix.TokenCount);
        TensorAssert.Close(matrix[1], matrix[0], new Tolerance(1e-6, 1e-5));
    }

    [Fact]
    public void Embed_NoTexts_GivesNoRows()
    {
        using Embedder embedder = Embedder.Open(Package("bert"), new EmbedderOptions(1));

        Assert.Empty(embedder.Embed([], Token).Values);
    }

    [Fact]
    public async Task Embed_SeveralCallers_GivesEachItsVectors()
    {
        using Embedder embedder = Embedder.Open(Package("bert"), new EmbedderOptions(1) { MaxTokensPerBatch = 32 });
        float[] expected = embedder.Embed(Texts, Token).Values;

        float[][] results = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Task.Run(() => embedder.Embed(Texts, Token).Values, Token)));

        Assert.All(results, result => Assert.Equal(expected, result));
    }

    [Fact]
    public void Embed_Cancelled_Stops()
    {
        using Embedder embedder = Embedder.Open(Package("bert"), new EmbedderOptions(1));
        using CancellationTokenSource source = new();
        source.Cancel();

        Assert.Throws<OperationCanceledException>(() => embedder.Embed(Texts, source.Token));
    }

    [Fact]
    public void Batches_AnyLengths_HoldEachTextOnceWithinTheBudget()
    {
        TokenizedTexts texts = new(Package("bert").Tokenizer, Texts, 64, "");

        List<int[]> batches = texts.Batches(20);

        Assert.Equal(Enumerable.Range(0, Texts.Length), batches.SelectMany(batch => batch).Order());
        Assert.All(batches, batch => Assert.True(batch.Length == 1 || batch.Length * batch.Max(texts.LengthOf) <= 20));
        Assert.Equal([2, 6], batches.SelectMany(batch => batch).Where(i => Texts[i] == "7"));
    }

    [Theory]
    [InlineData(float.NaN)]
    [InlineData(float.PositiveInfinity)]
    public void Embed_WeightsThatAreNotFinite_NamesFileAndText(float value)
    {
        ModelPackage package = Package("bert");
        using OnnxModel model = OnnxModel.Load(package.ModelPath);
        float[] bias = new float[16];
        bias[3] = value;
        Dictionary<string, TensorData> tensors = new(model.Tensors) { ["encoder.layer.1.output.LayerNorm.bias"] = TensorData.From<float>(bias, 16) };
        using OnnxModel broken = new(model.Proto, tensors);
        using Embedder embedder = Embedder.Open(package, broken, new EmbedderOptions(1));

        DataException e = Assert.Throws<DataException>(() => embedder.Embed(["7"], Token));

        Assert.StartsWith($"{package.ModelPath}: needs finite vectors, got NaN at ", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Open_WithAdapter_EqualsAModelWhoseWeightsWereFolded()
    {
        ModelPackage package = Package("llama");
        using LoraAdapter adapter = Adapter(package, "layers.0.self_attn.q_proj", "layers.1.mlp.down_proj");
        using OnnxModel model = OnnxModel.Load(package.ModelPath);
        Dictionary<string, TensorData> tensors = new(model.Tensors);
        foreach (LoraModule module in adapter.Modules)
        {
            tensors[module.Parameter] = LoraFolding.Fold(tensors[module.Parameter], module);
        }

        using OnnxModel folded = new(model.Proto, tensors);
        using Embedder expected = Embedder.Open(package, folded, new EmbedderOptions(1));
        using Embedder adapted = Embedder.Open(package, new EmbedderOptions(1), adapter);
        using Embedder plain = Embedder.Open(package, new EmbedderOptions(1));

        float[] actual = adapted.Embed(Texts, Token).Values;

        TensorAssert.Close(expected.Embed(Texts, Token).Values, actual, new Tolerance(1e-6, 1e-5));
        Assert.True(plain.Embed(Texts, Token).Values.Zip(actual, (a, b) => Math.Abs(a - b)).Max() > 1e-3);
    }

    [Fact]
    public void Open_AdapterForOtherLayers_NamesThem()
    {
        ModelPackage package = Package("llama");
        LoraSettings settings = new() { R = 1, LoraAlpha = 1, TargetModules = ["query"] };
        using LoraAdapter adapter = LoraAdapter.Create(settings, new Dictionary<string, (TensorData, TensorData)>
        {
            ["encoder.layer.0.query"] = (TensorData.From<float>([1], 1, 1), TensorData.From<float>([1], 1, 1)),
        });

        DataException e = Assert.Throws<DataException>(() => Embedder.Open(package, new EmbedderOptions(1), adapter));

        Assert.Contains("has no parameters encoder.layer.0.query.weight for the adapter; it has embed_tokens.weight, layers.0.self_attn.q_proj.weight", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Open_WrongOptions_ReportsThemTogether()
    {
        OptionException e = Assert.Throws<OptionException>(() =>
            Embedder.Open(Package("bert"), new EmbedderOptions(0) { Sessions = 2, MaxTokensPerBatch = 0, MaxLength = 65 }));

        Assert.Equal("threads: needs 1 or more, got 0; sessions: needs a number in [1, 1], the threads, got 2; tokens per batch: needs 1 or more, got 0; maximum length: needs a number in [2, 64], got 65", e.Message);
    }

    [Theory]
    [InlineData("tpu", "device: needs cpu, cuda or cuda:N, got tpu")]
    [InlineData("cuda:x", "device: needs cpu, cuda or cuda:N, got cuda:x")]
    public void Open_UnknownDevice_SaysWhichAreKnown(string device, string message)
    {
        OptionException e = Assert.Throws<OptionException>(() => Embedder.Open(Package("bert"), new EmbedderOptions(1) { Device = device }));

        Assert.Equal(message, e.Message);
    }

    [Fact]
    public void Open_ModelThatIsNone_NamesTheFile()
    {
        ModelPackage package = Package("bert");
        File.WriteAllBytes(package.ModelPath, File.ReadAllBytes(package.ModelPath)[..5000]);

        DataException e = Assert.Throws<DataException>(() => Embedder.Open(package, new EmbedderOptions(1)));

        Assert.StartsWith(package.ModelPath, e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Open_ModelWithoutSentenceEmbedding_SaysWhatItHas()
    {
        ModelPackage package = Package("bert");
        using OnnxModel model = OnnxModel.Load(package.ModelPath);
        model.Proto.Graph.Output.RemoveAt(1);

        DataException e = Assert.Throws<DataException>(() => Embedder.Open(package, model, new EmbedderOptions(1)));

        Assert.Contains("needs an output sentence_embedding f32 [batch_size, width], got last_hidden_state", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Embed_PackageWithDefaultPrompt_PutsItBeforeEachText()
    {
        ModelPackage plain = Package("bert");
        using Embedder without = Embedder.Open(plain, new EmbedderOptions(1));
        float[] expected = without.Embed(["query: 5"], Token).Values;
        File.WriteAllText(
            Path.Combine(plain.FullPath, "config_sentence_transformers.json"), """{"prompts":{"q":"query: "},"default_prompt_name":"q"}""");
        using Embedder with = Embedder.Open(ModelPackage.Open(plain.FullPath), new EmbedderOptions(1));

        Assert.Equal(expected, with.Embed(["5"], Token).Values);
    }

    [Fact]
    public void Embed_NamedPrompt_PutsItBeforeEachText()
    {
        ModelPackage plain = Package("bert");
        using Embedder without = Embedder.Open(plain, new EmbedderOptions(1));
        File.WriteAllText(
            Path.Combine(plain.FullPath, "config_sentence_transformers.json"), """{"prompts":{"q":"query: ","p":"3 "},"default_prompt_name":"q"}""");
        ModelPackage package = ModelPackage.Open(plain.FullPath);
        using Embedder named = Embedder.Open(package, new EmbedderOptions(1) { Prompt = "p" });
        using Embedder none = Embedder.Open(package, new EmbedderOptions(1) { Prompt = "none" });

        Assert.Equal(without.Embed(["3 5"], Token).Values, named.Embed(["5"], Token).Values);
        Assert.Equal(without.Embed(["5"], Token).Values, none.Embed(["5"], Token).Values);
        OptionException e = Assert.Throws<OptionException>(() => Embedder.Open(package, new EmbedderOptions(1) { Prompt = "x" }));
        Assert.Equal("prompt: needs p, q, none, got x", e.Message);
    }

    [Fact]
    public void Embed_Dimensions_GivesTheBeginningScaledToOne()
    {
        ModelPackage package = Package("bert");
        using Embedder whole = Embedder.Open(package, new EmbedderOptions(1));
        using Embedder part = Embedder.Open(package, new EmbedderOptions(1) { Dimensions = 5 });

        EmbeddedTexts all = whole.Embed(Texts, Token);
        EmbeddedTexts cut = part.Embed(Texts, Token);

        Assert.Equal((5, 5), (part.Width, cut.Columns));
        for (int i = 0; i < Texts.Length; i++)
        {
            float norm = (float)TensorNorm(all[i][..5]);
            TensorAssert.Close([.. all[i][..5].ToArray().Select(value => value / norm)], cut[i], new Tolerance(1e-6, 1e-5));
        }

        OptionException e = Assert.Throws<OptionException>(() => Embedder.Open(package, new EmbedderOptions(1) { Dimensions = 17 }));
        Assert.Equal("dimensions: needs a number in [1, 16], got 17", e.Message);
    }

    [Theory]
    [InlineData("bert")]
    [InlineData("llama")]
    public void Embed_NormalizeOff_GivesThePooledStates(string architecture)
    {
        ModelPackage package = Package(architecture);
        using Embedder scaled = Embedder.Open(package, new EmbedderOptions(1));
        using Embedder plain = Embedder.Open(package, new EmbedderOptions(1) { Normalize = false });
        EmbeddedTexts expected = scaled.Embed(Texts, Token);

        EmbeddedTexts vectors = plain.Embed(Texts, Token);

        for (int i = 0; i < Texts.Length; i++)
        {
            double norm = TensorNorm(vectors[i]);
            Assert.True(Math.Abs(norm - 1) > 1e-3);
            TensorAssert.Close([.. vectors[i].ToArray().Select(value => (float)(value / norm))], expected[i], new Tolerance(1e-6, 1e-5));
        }
    }

    [Fact]
    public void Embed_SeveralSessions_GivesTheSameBytes()
    {
        ModelPackage package = Package("bert");
        string[] texts = [.. Enumerable.Range(0, 600).Select(i => string.Join(", ", Enumerable.Range(i, i % 7)))];
        using Embedder one = Embedder.Open(package, new EmbedderOptions(1) { MaxTokensPerBatch = 128 });
        using Embedder three = Embedder.Open(package, new EmbedderOptions(4) { Sessions = 3, MaxTokensPerBatch = 128 });

        Assert.Equal(one.Embed(texts, Token).Values, three.Embed(texts, Token).Values);
    }

    [Fact]
    public async Task GenerateAsync_Texts_GivesTheVectorsOfEmbed()
    {
        using TextEmbeddingGenerator generator = new(Embedder.Open(Package("llama"), new EmbedderOptions(1)));
        Embedder embedder = generator.GetService<Embedder>()!;

        GeneratedEmbeddings<Embedding<float>> embeddings = await generator.GenerateAsync(Texts, cancellationToken: Token);

        EmbeddedTexts expected = embedder.Embed(Texts, Token);
        Assert.Equal(Texts.Length, embeddings.Count);
        Assert.All(Enumerable.Range(0, Texts.Length), i => Assert.Equal(expected[i].ToArray(), embeddings[i].Vector.ToArray()));
        Assert.Equal(expected.TokenCount, embeddings.Usage!.InputTokenCount);
        Assert.Equal(16, generator.GetService<EmbeddingGeneratorMetadata>()!.DefaultModelDimensions);
    }

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private ModelPackage Package(string architecture)
    {
        ModelInitOptions options = new() { Architecture = architecture, HiddenSize = 16, Layers = 2, Heads = 4, MaxPositions = 64 };
        ModelConfig config = ModelInit.ConfigOf(options);
        PoolingMode pooling = architecture == "bert" ? PoolingMode.Mean : PoolingMode.Last;
        return ModelPackage.Create(_directory[architecture], new PackageContents
        {
            Config = config,
            Pooling = pooling,
            Normalize = true,
            MaxLength = 64,
            WriteTokenizer = target => DigitTokenizer.Write(target, DigitTokenizerKind.Encoder, 64),
            WriteModel = path => File.WriteAllBytes(path, EncoderGraph.Model(config, pooling, true, TinyModels.Weights(config)).ToBytes()),
            Provenance = new Provenance("init", new Dictionary<string, object?>(), [], new Dictionary<string, ulong>()),
        });
    }

    private static LoraAdapter Adapter(ModelPackage package, params string[] modules)
    {
        TensorSource random = SeededWeights.For(package.Config with { InitializerRange = 0.3, PadTokenId = null }, 9);
        LoraSettings settings = new() { R = 2, LoraAlpha = 4, TargetModules = modules };
        Dictionary<string, long[]> shapes = EncoderGraph.Parameters(package.Config).ToDictionary(parameter => parameter.Name, parameter => parameter.Shape);
        return LoraAdapter.Create(settings, modules.ToDictionary(
            module => module,
            module => (random(module + ".A", [2, shapes[module + ".weight"][1]]), random(module + ".B", [shapes[module + ".weight"][0], 2]))));
    }

    private static double TensorNorm(ReadOnlySpan<float> vector)
    {
        double sum = 0;
        foreach (float value in vector)
        {
            sum += value * (double)value;
        }

        return Math.Sqrt(sum);
    }
}
