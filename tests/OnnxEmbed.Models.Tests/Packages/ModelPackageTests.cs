using OnnxEmbed.Models.Architectures;
using OnnxEmbed.Models.Packages;
using OnnxEmbed.Models.Tokenizers;
using OnnxEmbed.Tensors;
using OnnxEmbed.TestKit.Files;

namespace OnnxEmbed.Models.Tests.Packages;

public sealed class ModelPackageTests
{
    private static readonly ModelInitOptions Tiny = new()
    {
        Architecture = "llama",
        HiddenSize = 16,
        Layers = 2,
        Heads = 4,
        KeyValueHeads = 2,
        MaxPositions = 32,
        TieHead = false,
        Seed = 5,
    };

    [Theory]
    [InlineData("bert")]
    [InlineData("llama")]
    public void Create_SameOptions_GivesTheSameBytes(string architecture)
    {
        using TemporaryDirectory directory = new();
        ModelInitOptions options = Tiny with { Architecture = architecture, KeyValueHeads = null };

        ModelInit.Create(options, directory["a", "model"]);
        ModelInit.Create(options, directory["b", "model"]);
        ModelInit.Create(options with { Seed = 6 }, directory["c", "model"]);

        string[] files = [.. directory.Files().Where(name => name.StartsWith("a/", StringComparison.Ordinal)).Select(name => name[2..])];
        Assert.All(files, name => Assert.Equal(File.ReadAllBytes(directory["a", name]), File.ReadAllBytes(directory["b", name])));
        Assert.NotEqual(File.ReadAllBytes(directory["a", "model/onnx/model.onnx"]), File.ReadAllBytes(directory["c", "model/onnx/model.onnx"]));
    }

    [Fact]
    public void Create_Llama_HasTheLayoutThatClientsRead()
    {
        using TemporaryDirectory directory = new();

        ModelPackage package = ModelInit.Create(Tiny, directory["p"]);

        Assert.Equal(
            [
                "p/1_Pooling/config.json", "p/2_Normalize/config.json", "p/README.md", "p/config.json", "p/config_sentence_transformers.json",
                "p/head.safetensors", "p/modules.json", "p/onnx/model.onnx", "p/onnxembed.json", "p/sentence_bert_config.json",
                "p/special_tokens_map.json", "p/tokenizer.json", "p/tokenizer_config.json", "p/vocab.txt",
            ],
            directory.Files());
        Assert.Equal((PoolingMode.Last, true, 32), (package.Pooling, package.Normalize, package.MaxLength));
        using SafetensorsFile head = SafetensorsFile.Open(package.HeadPath!);
        Assert.Equal([DigitTokenizer.Vocabulary.Count, 16L], head.Tensors["lm_head.weight"].Shape);
    }

    [Fact]
    public void Open_CreatedPackage_GivesBackConfigPoolingAndProvenance()
    {
        using TemporaryDirectory directory = new();
        foreach (ModelInitOptions options in (ModelInitOptions[])
            [Tiny, Tiny with { Architecture = "bert", KeyValueHeads = null, Pooling = PoolingMode.Cls, Normalize = false }])
        {
            ModelInit.Create(options, directory[options.Architecture]);

            ModelPackage package = ModelPackage.Open(directory[options.Architecture]);

            Assert.Equal(ModelInit.ConfigOf(options), package.Config);
            Assert.Equal((options.Pooling ?? PoolingMode.Last, options.Normalize), (package.Pooling, package.Normalize));
            Assert.Equal(package.Config.VocabSize, package.Tokenizer.VocabularySize);
            Provenance made = package.ReadProvenance()!;
            Assert.Equal(("init", 5UL, (object)16L), (made.MadeBy, made.Seeds["weights"], made.Options["hidden_size"]));
        }
    }

    [Fact]
    public void Create_TiedLlama_HasNoHead()
    {
        using TemporaryDirectory directory = new();

        Assert.Null(ModelInit.Create(Tiny with { TieHead = true }, directory["p"]).HeadPath);
    }

    [Fact]
    public void CopyTo_NewWeights_CopiesTheRestByteForByte()
    {
        using TemporaryDirectory directory = new();
        ModelPackage source = ModelInit.Create(Tiny, directory["p"]);
        byte[] weights = [1, 2, 3];
        Provenance provenance = new("merge", new Dictionary<string, object?> { ["t"] = 0.5 }, source.Hashes("base"), new Dictionary<string, ulong>());

        ModelPackage copy = source.CopyTo(
            directory["q"], path => File.WriteAllBytes(path, weights), provenance, writeMore: target => File.WriteAllText(Path.Combine(target, "merge-report.json"), "{}"));

        Assert.Equal(weights, File.ReadAllBytes(copy.ModelPath));
        foreach (string name in directory.Files().Where(name => name.StartsWith("p/", StringComparison.Ordinal)).Select(name => name[2..]))
        {
            bool changed = name is "onnx/model.onnx" or "onnxembed.json" or "README.md";
            Assert.Equal(!changed, File.ReadAllBytes(directory["p", name]).AsSpan().SequenceEqual(File.ReadAllBytes(directory["q", name])));
        }

        Assert.True(File.Exists(directory["q", "merge-report.json"]));
        Provenance made = copy.ReadProvenance()!;
        Assert.Equal(["onnx/model.onnx", "tokenizer.json"], made.Inputs.Select(input => input.File));
        Assert.Equal(0.5, made.Options["t"]);
        Assert.Equal(Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(File.ReadAllBytes(source.ModelPath))), made.Inputs[0].Sha256);
    }

    [Fact]
    public void CopyTo_WriterThrows_LeavesNothing()
    {
        using TemporaryDirectory directory = new();
        ModelPackage source = ModelInit.Create(Tiny, directory["p"]);
        IReadOnlyList<string> before = directory.Files();

        Assert.Throws<IOException>(() => source.CopyTo(directory["q"], _ => throw new IOException("full"), source.ReadProvenance()!));

        Assert.Equal(before, directory.Files());
        Assert.False(Directory.Exists(directory["q"]));
    }

    [Fact]
    public void Create_PathTaken_ThrowsUnlessForced()
    {
        using TemporaryDirectory directory = new();
        ModelInit.Create(Tiny, directory["p"]);

        Assert.Throws<OptionException>(() => ModelInit.Create(Tiny, directory["p"]));
        Assert.Equal(8, ModelInit.Create(Tiny with { HiddenSize = 8 }, directory["p"], force: true).Config.HiddenSize);
    }

    [Fact]
    public void Create_SeveralWrongOptions_ReportsThemTogether()
    {
        OptionException e = Assert.Throws<OptionException>(() => ModelInit.ConfigOf(Tiny with { Heads = 3, Layers = 0, KeyValueHeads = 2 }));

        Assert.Contains("layers: needs a number in [1, 1024], got 0", e.Message, StringComparison.Ordinal);
        Assert.Contains("heads: needs a divisor of the hidden size (16), got 3", e.Message, StringComparison.Ordinal);
        Assert.Contains("key/value heads: needs a divisor of the heads (3), got 2", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Open_SeveralFaults_ReportsThemTogether()
    {
        using TemporaryDirectory directory = new();
        ModelInit.Create(Tiny, directory["p"]);
        File.Delete(directory["p", "onnx", "model.onnx"]);
        directory.Write("p/sentence_bert_config.json", """{"max_seq_length":100}""");
        directory.Write("p/1_Pooling/config.json", """{"word_embedding_dimension":16,"pooling_mode_max_tokens":true,"pooling_mode_mean_tokens":true}""");

        DataException e = Assert.Throws<DataException>(() => ModelPackage.Open(directory["p"]));

        Assert.Contains("model.onnx: needs to exist", e.Message, StringComparison.Ordinal);
        Assert.Contains("max_seq_length needs a whole number in [1, 32], got 100", e.Message, StringComparison.Ordinal);
        Assert.Contains("got pooling_mode_max_tokens and pooling_mode_mean_tokens", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Open_NoDirectory_SaysSo()
    {
        DataException e = Assert.Throws<DataException>(() => ModelPackage.Open("nowhere/at/all"));

        Assert.Equal("nowhere/at/all: needs a model package, there is no such directory", e.Message);
    }

    [Fact]
    public void Load_ConfigWithWrongValues_ReportsThemTogether()
    {
        using TemporaryDirectory directory = new();
        string path = directory.Write("config.json", """{"model_type":"bert","hidden_size":"wide","num_hidden_layers":0}""");

        DataException e = Assert.Throws<DataException>(() => ModelConfig.Load(path));

        Assert.Equal(
            $"{path}: hidden_size needs a whole number in [1, 1073741824], got \"wide\"; {path}: num_hidden_layers needs a whole number in [1, 1073741824], got 0",
            e.Message);
    }

    [Fact]
    public void Load_ConfigOfAnotherArchitecture_KeepsItsSizes()
    {
        using TemporaryDirectory directory = new();
        string path = directory.Write("config.json", """{"model_type":"another","hidden_size":384,"max_position_embeddings":514}""");

        ModelConfig config = ModelConfig.Load(path);

        Assert.Equal(("another", 384, 514), (config.ModelType, config.HiddenSize, config.MaxPositionEmbeddings));
    }
}
