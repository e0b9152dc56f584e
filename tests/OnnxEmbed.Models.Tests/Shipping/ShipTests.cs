using System.IO.Compression;
using System.Security.Cryptography;
using System.Text.Json;
using System.Xml.Linq;
using OnnxEmbed.Models.Architectures;
using OnnxEmbed.Models.Packages;
using OnnxEmbed.Models.Shipping;
using OnnxEmbed.Models.Tokenizers;
using OnnxEmbed.Onnx;
using OnnxEmbed.Tensors;
using OnnxEmbed.TestKit.Files;

namespace OnnxEmbed.Models.Tests.Shipping;

public sealed class ShipTests
{
    public static TheoryData<string, string, PoolingMode> Everywhere
    {
        get
        {
            TheoryData<string, string, PoolingMode> rows = [];
            foreach (string target in Ship.Targets.Select(target => target.Name))
            {
                rows.Add(target, "bert", PoolingMode.Mean);
                rows.Add(target, "llama", target == "semantic-kernel" ? PoolingMode.Max : PoolingMode.Last);
            }

            return rows;
        }
    }

    [Theory]
    [MemberData(nameof(Everywhere))]
    public void Run_AnyTarget_WritesFilesThatGiveThePackagesVectors(string target, string architecture, PoolingMode pooling)
    {
        using TemporaryDirectory directory = new();
        ModelPackage package = Package(directory, architecture, pooling);

        ShipReport report = Ship.Run(new ShipOptions { Package = package, Target = target, Output = directory["out"] });

        Assert.NotEmpty(report.Models);
        Assert.True(report.Models[0].MaxDifference < 1e-6, $"{report.Models[0]}");
        Assert.All(report.Models, model => Assert.True(model.MinCosine > 0.98, $"{model}"));
        string[] listed = [.. report.Files.Select(file => "out/" + file.Name), "out/SHA256SUMS"];
        Assert.Equal(directory.Files().Where(name => name.StartsWith("out/", StringComparison.Ordinal)).Order(), listed.Order());
        Assert.All(
            File.ReadAllLines(directory["out", Ship.ManifestName]).Select(line => line.Split("  ")),
            line => Assert.Equal(line[0], Convert.ToHexStringLower(SHA256.HashData(File.ReadAllBytes(directory["out", line[1]])))));
    }

    [Theory]
    [InlineData("sentence-transformers")]
    [InlineData("transformers.js")]
    [InlineData("fastembed")]
    [InlineData("vespa")]
    public void Run_DenseModulesAfterThePooling_AreNotLost(string target)
    {
        using TemporaryDirectory directory = new();
        ModelPackage package = DensePackage(directory);

        ShipReport report = Ship.Run(new ShipOptions { Package = package, Target = target, Output = directory["out"], Variants = [] });

        Assert.Equal(8, package.EmbeddingSize);
        Assert.True(report.Models[0].MaxDifference < 1e-6, $"{report.Models[0]}");
    }

    [Fact]
    public void Run_TransformersJs_HasSmallerVariants()
    {
        using TemporaryDirectory directory = new();
        ModelPackage package = Package(directory, "bert", PoolingMode.Mean);

        ShipReport report = Ship.Run(new ShipOptions { Package = package, Target = "transformers.js", Output = directory["out"] });

        Assert.Equal(["onnx/model.onnx", "onnx/model_fp16.onnx", "onnx/model_quantized.onnx"], report.Models.Select(model => model.File));
        long[] sizes = [.. report.Models.Select(model => new FileInfo(directory["out", model.File]).Length)];
        Assert.True(sizes[0] > sizes[1] && sizes[1] > sizes[2], string.Join(", ", sizes));
        Assert.InRange(report.Models[1].MaxDifference, 1e-9, 2e-3);
    }

    [Fact]
    public void Run_TransformersJsAndLastToken_PadsAtTheLeft()
    {
        using TemporaryDirectory directory = new();
        ModelPackage package = Package(directory, "llama", PoolingMode.Last);

        ShipReport report = Ship.Run(new ShipOptions { Package = package, Target = "transformers.js", Output = directory["out"], Variants = [] });

        using JsonDocument config = JsonDocument.Parse(File.ReadAllBytes(directory["out", "tokenizer_config.json"]));
        Assert.Equal("left", config.RootElement.GetProperty("padding_side").GetString());
        Assert.Contains(report.Changes, change => change.Contains("padding_side", StringComparison.Ordinal));
        Assert.Single(report.Models);
    }

    [Fact]
    public void Run_OpenSearch_RegistersTheArchiveByItsHash()
    {
        using TemporaryDirectory directory = new();
        ModelPackage package = Package(directory, "bert", PoolingMode.Cls);

        Ship.Run(new ShipOptions { Package = package, Target = "opensearch", Output = directory["out"] });

        using JsonDocument request = JsonDocument.Parse(File.ReadAllBytes(directory["out", "register.json"]));
        byte[] archive = File.ReadAllBytes(directory["out", "model.zip"]);
        Assert.Equal(Convert.ToHexStringLower(SHA256.HashData(archive)), request.RootElement.GetProperty("model_content_hash_value").GetString());
        Assert.Equal(archive.Length, request.RootElement.GetProperty("model_content_size_in_bytes").GetInt64());
        JsonElement config = request.RootElement.GetProperty("model_config");
        Assert.Equal(("cls", 16), (config.GetProperty("pooling_mode").GetString(), config.GetProperty("embedding_dimension").GetInt32()));
        using ZipArchive zip = new(new MemoryStream(archive));
        Assert.Equal(["model.onnx", "tokenizer.json"], zip.Entries.Select(entry => entry.FullName));
    }

    [Fact]
    public void Run_VespaAndAPoolingItLacks_TakesTheVectorOfTheGraph()
    {
        using TemporaryDirectory directory = new();
        ModelPackage package = Package(directory, "llama", PoolingMode.Last);

        Ship.Run(new ShipOptions { Package = package, Target = "vespa", Output = directory["out"] });

        XElement component = XElement.Load(directory["out", "component.xml"]);
        Assert.Equal(("none", "sentence_embedding"), ((string?)component.Element("pooling-strategy"), (string?)component.Element("transformer-output")));
        Assert.NotNull(component.Element("transformer-token-type-ids"));
    }

    [Fact]
    public void Run_SemanticKernelAndADecoder_FeedsSegmentsThatNothingReads()
    {
        using TemporaryDirectory directory = new();
        ModelPackage package = Package(directory, "llama", PoolingMode.Mean);

        Ship.Run(new ShipOptions { Package = package, Target = "semantic-kernel", Output = directory["out"] });

        using OnnxModel model = OnnxModel.Load(directory["out", "model.onnx"]);
        Assert.Contains(model.Proto.Graph.Input, input => input.Name == "token_type_ids");
        Assert.Equal(package.Tokenizer.VocabularySize, File.ReadAllLines(directory["out", "vocab.txt"]).Length);
    }

    [Fact]
    public void Run_WhatTheTargetCannotDo_IsToldAtOnceAndNothingIsWritten()
    {
        using TemporaryDirectory directory = new();
        ModelPackage package = Package(directory, "llama", PoolingMode.Last);
        File.WriteAllText(
            Path.Combine(package.FullPath, "tokenizer.json"),
            File.ReadAllText(Path.Combine(package.FullPath, "tokenizer.json")).Replace("\"WordPiece\"", "\"WordLevel\"", StringComparison.Ordinal));

        DataException error = Assert.Throws<DataException>(() => Ship.Run(new ShipOptions
        {
            Package = ModelPackage.Open(package.FullPath),
            Target = "semantic-kernel",
            Output = directory["out"],
        }));

        Assert.Contains("pooling mean, max or mean_sqrt_len", error.Message);
        Assert.Contains("WordPiece", error.Message);
        Assert.False(Directory.Exists(directory["out"]));
    }

    [Fact]
    public void Run_UnknownTarget_ListsTheKnown()
    {
        using TemporaryDirectory directory = new();
        ModelPackage package = Package(directory, "bert", PoolingMode.Mean);

        OptionException error = Assert.Throws<OptionException>(() =>
            Ship.Run(new ShipOptions { Package = package, Target = "elastic", Output = directory["out"] }));

        Assert.Contains("'elastic'", error.Message);
        Assert.All(Ship.Targets, target => Assert.Contains(target.Name, error.Message));
    }

    [Fact]
    public void Run_VariantsWhereOneFileIsRead_IsRefused()
    {
        using TemporaryDirectory directory = new();
        ModelPackage package = Package(directory, "bert", PoolingMode.Mean);

        DataException error = Assert.Throws<DataException>(() =>
            Ship.Run(new ShipOptions { Package = package, Target = "tei", Output = directory["out"], Variants = [ModelVariant.Int8] }));

        Assert.Contains("no variants", error.Message);
    }

    private static ModelPackage Package(TemporaryDirectory directory, string architecture, PoolingMode pooling) => ModelInit.Create(
        new ModelInitOptions { Architecture = architecture, HiddenSize = 16, Layers = 2, Heads = 4, MaxPositions = 64, Pooling = pooling, Seed = 3 },
        directory["package"]);

    private static ModelPackage DensePackage(TemporaryDirectory directory)
    {
        ModelPackage plain = Package(directory, "bert", PoolingMode.Mean);
        DenseLayer layer = new("2_Dense", 16, 8, Bias: true, "torch.nn.modules.activation.Tanh");
        TensorSource weights = SeededWeights.For(plain.Config, 9);
        return ModelPackage.Create(directory["dense"], new PackageContents
        {
            Config = plain.Config,
            Pooling = PoolingMode.Mean,
            Dense = [layer],
            Normalize = true,
            MaxLength = 64,
            WriteTokenizer = path => DigitTokenizer.Write(path, DigitTokenizerKind.Encoder, 64),
            WriteModel = path => File.WriteAllBytes(path, EncoderGraph.Model(plain.Config, PoolingMode.Mean, true, weights, [layer]).ToBytes()),
            Provenance = new Provenance("init", new Dictionary<string, object?>(), [], new Dictionary<string, ulong>()),
        });
    }
}
