using Google.Protobuf;
using OnnxEmbed.Models.Architectures;
using OnnxEmbed.Models.Architectures.Decoders;
using OnnxEmbed.Models.Architectures.Encoders;
using OnnxEmbed.Models.Embedders;
using OnnxEmbed.Models.Importing;
using OnnxEmbed.Models.Packages;
using OnnxEmbed.Models.Tokenizers;
using OnnxEmbed.Onnx;
using OnnxEmbed.Onnx.Building;
using OnnxEmbed.Onnx.Compression;
using OnnxEmbed.Onnx.Schema;
using OnnxEmbed.Tensors;
using OnnxEmbed.TestKit.Exports;
using OnnxEmbed.TestKit.Files;
using OnnxEmbed.TestKit.Models;

namespace OnnxEmbed.Models.Tests.Importing;

/// <summary>
/// Exported graphs, plain and fused, under many names: the package embeds as one does that is built here of the same weights.
/// </summary>
public sealed class ExportImportTests : IDisposable
{
    private static readonly BertConfig Bert = TinyModels.Bert with { VocabSize = 64, MaxPositionEmbeddings = 64 };

    private static readonly LlamaConfig Llama = TinyModels.Llama with
    {
        VocabSize = 64,
        MaxPositionEmbeddings = 64,
        HiddenSize = 32,
        NumAttentionHeads = 2,
        NumKeyValueHeads = 1,
        HeadDim = 16,
    };

    private static readonly string[] Texts = ["2", "1, 2, 3, 5, 8", "some words and 12, 13", "9, 9"];

    private readonly TemporaryDirectory _place = new();

    public static TheoryData<string> Exports => ["plain", "opset 14", "opset 20", "positions", "int32", "pooler", "anonymous output", "states and vectors", "fused"];

    [Theory]
    [MemberData(nameof(Exports))]
    public void Import_ExportedBert_EmbedsAsOurGraph(string kind)
    {
        TensorSource weights = TinyModels.Weights(Bert);
        using OnnxModel model = kind switch
        {
            "opset 14" => new ExportedBert(Bert, weights, 14).Build(),
            "opset 20" => new ExportedBert(Bert, weights, 20).Build(),
            "positions" => new ExportedBert(Bert, weights) { TakesPositions = true }.Build(),
            "int32" => new ExportedBert(Bert, weights) { IdType = ElementType.Int32 }.Build(),
            "pooler" => new ExportedBert(Bert, weights) { HasPooler = true }.Build(),
            "anonymous output" => new ExportedBert(Bert, weights) { OutputName = "1234" }.Build(),
            "states and vectors" => new ExportedBert(Bert, weights) { Pools = true, OutputName = "sentence_embedding" }.Build(),
            "fused" => new FusedBert(Bert, weights).Build(),
            _ => new ExportedBert(Bert, weights).Build(),
        };
        ImportResult imported = Import(model, Bert);
        Assert.InRange(imported.Export!.Difference, 0, 1e-5);
        Assert.Equal(kind == "fused", imported.Export.Decomposed.ContainsKey("com.microsoft.Attention"));
        bool pools = kind == "states and vectors";
        Assert.Equal((PoolingMode.Mean, !pools), (imported.Package.Pooling, imported.Package.Normalize));
        SameAs(imported.Package, Bert, weights, PoolingMode.Mean, normalize: !pools);
    }

    [Fact]
    public void Import_WithoutTokenTypes_TakesTwoInputs()
    {
        TensorSource weights = TinyModels.Weights(Bert);
        using OnnxModel model = new ExportedBert(Bert, weights) { TakesTokenTypes = false }.Build();
        ImportResult imported = Import(model, Bert);
        using OnnxModel package = OnnxModel.Load(imported.Package.ModelPath);
        Assert.Equal(["input_ids", "attention_mask"], package.Proto.Graph.Input.Select(input => input.Name));
        SameAs(imported.Package, Bert, weights, PoolingMode.Mean, normalize: true);
    }

    [Theory]
    [InlineData(PoolingMode.Mean)]
    [InlineData(PoolingMode.Cls)]
    [InlineData(PoolingMode.Last)]
    [InlineData(PoolingMode.Max)]
    [InlineData(PoolingMode.WeightedMean)]
    [InlineData(PoolingMode.MeanSqrtLen)]
    public void Import_PoolingOption_IsInTheGraph(PoolingMode pooling)
    {
        TensorSource weights = TinyModels.Weights(Bert);
        using OnnxModel model = new ExportedBert(Bert, weights, 14).Build();
        ImportResult imported = Import(model, Bert, options => options with { Pooling = pooling, Normalize = false });
        SameAs(imported.Package, Bert, weights, pooling, normalize: false);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Import_FusedLlama_EmbedsAsOurGraph(bool hasCache)
    {
        TensorSource weights = TinyModels.Weights(Llama);
        using OnnxModel model = new FusedLlama(Llama, weights) { HasCache = hasCache }.Build();
        ImportResult imported = Import(model, Llama);
        Assert.Equal(2, imported.Export!.Decomposed["com.microsoft.GroupQueryAttention"]);
        Assert.Equal(PoolingMode.Last, imported.Package.Pooling);
        SameAs(imported.Package, Llama, weights, PoolingMode.Last, normalize: true);
    }

    [Fact]
    public void Import_File_TakesWhatLiesBesideItOrAbove()
    {
        using OnnxModel model = new ExportedBert(Bert, TinyModels.Weights(Bert)).Build();
        ImportResult imported = Import(model, Bert, options => options with { Source = _place["source", "onnx", "model.onnx"] });
        Assert.Equal("onnx", imported.Package.ReadProvenance()!.Options["from"]);
        Assert.Equal(["model.onnx", "config.json", "tokenizer.json"], imported.Package.ReadProvenance()!.Inputs.Select(input => input.File));
    }

    [Fact]
    public void Import_QuantizedWeights_SaysWhatItCannotDo()
    {
        using OnnxModel model = new ExportedBert(Bert, TinyModels.Weights(Bert)) { Quantized = true }.Build();
        ImportResult imported = Import(model, Bert);
        Assert.Equal(12, imported.Export!.Quantized["DequantizeLinear"]);
        Assert.Contains("quantised", Assert.Single(imported.Export.Notes), StringComparison.Ordinal);
        using OnnxModel package = OnnxModel.Load(imported.Package.ModelPath);
        Assert.Equal(12, package.Tensors.Values.Count(tensor => tensor is { ElementType: ElementType.Int8, Shape.Count: 2 }));
    }

    [Fact]
    public void Import_FourBitFusedLlama_KeepsTheBlocks()
    {
        TensorSource weights = TinyModels.Weights(Llama);
        using OnnxModel model = new FusedLlama(Llama, weights) { HasCache = true, FourBits = true }.Build();
        ImportResult imported = Import(model, Llama);
        Assert.Equal(14, imported.Export!.Quantized["com.microsoft.MatMulNBits"]);
        Assert.Equal(2, imported.Export.Decomposed["com.microsoft.GroupQueryAttention"]);
        Assert.InRange(imported.Export.Difference, 0, 1e-5);
        using OnnxModel package = OnnxModel.Load(imported.Package.ModelPath);
        Assert.Equal(["", "com.microsoft"], package.Proto.OpsetImport.Select(import => import.Domain));
    }

    [Fact]
    public void Import_EightBitVariant_EmbedsNearTheOriginal()
    {
        BertConfig wide = Bert with { HiddenSize = 32, IntermediateSize = 48 };
        using OnnxModel model = new ExportedBert(wide, TinyModels.Weights(wide)).Build();
        ModelPackage exact = Import(model, wide).Package;
        using OnnxModel whole = OnnxModel.Load(exact.ModelPath);
        DerivedModel variant = new(whole);
        Assert.True(DynamicQuantisation.Apply(variant) >= 12);
        File.Delete(_place["source", "onnx", "model.onnx"]);
        variant.Save(_place["source", "onnx", "model.onnx"]);
        ImportResult imported = Import(null, wide, options => options with { Out = _place["quantized"] });
        Assert.Contains("DynamicQuantizeLinear", imported.Export!.Quantized.Keys);
        Assert.InRange(imported.Export.Difference, 0, 1e-5);
        float[] expected = Embed(exact), actual = Embed(imported.Package);
        Assert.All(expected.Zip(actual), pair => Assert.InRange(pair.Second - pair.First, -0.1, 0.1));
    }

    [Theory]
    [InlineData("cycle", "without cycles")]
    [InlineData("two initializers", "twice")]
    [InlineData("negative extent", "-8")]
    [InlineData("overflowing extents", "9223372036854775807")]
    [InlineData("more than there is", "bytes")]
    [InlineData("nested", "no ONNX model")]
    [InlineData("truncated", "model.onnx")]
    [InlineData("outside", "inside the model's directory")]
    [InlineData("no opset", "[11, 25], got 0")]
    [InlineData("text", "no ONNX model")]
    public void Import_HostileFile_GivesOneLine(string kind, string part)
    {
        using OnnxModel model = new ExportedBert(Bert, TinyModels.Weights(Bert)).Build();
        Write(model, Bert);
        string path = _place["source", "onnx", "model.onnx"];
        ModelProto proto = ModelProto.Parser.ParseFrom(File.ReadAllBytes(path));
        GraphProto graph = proto.Graph;
        TensorProto first = graph.Initializer.First(initializer => initializer.Dims.Count == 2);
        byte[]? bytes = null;
        switch (kind)
        {
            case "cycle":
                graph.Node.First(node => node.OpType == "LayerNormalization").Input[0] = graph.Node[^1].Output[0];
                break;
            case "two initializers":
                graph.Initializer.Add(first.Clone());
                break;
            case "negative extent":
                first.Dims[1] = -8;
                break;
            case "overflowing extents":
                (first.Dims[0], first.Dims[1]) = (long.MaxValue, long.MaxValue);
                break;
            case "more than there is":
                first.Dims[0] = 1L << 50;
                break;
            case "nested":
                graph.Node.Add(Nested(300));
                break;
            case "truncated":
                bytes = proto.ToByteArray();
                bytes = bytes[..(bytes.Length / 2)];
                break;
            case "outside":
                first.ClearRawData();
                first.DataLocation = TensorProto.Types.DataLocation.External;
                first.ExternalData.Add(new StringStringEntryProto { Key = "location", Value = "../../../etc/passwd" });
                break;
            case "no opset":
                proto.OpsetImport.Clear();
                break;
            default:
                bytes = "this is a text, not a model"u8.ToArray();
                break;
        }

        File.WriteAllBytes(path, bytes ?? proto.ToByteArray());
        string message = Assert.ThrowsAny<DataException>(() => Import(null, Bert)).Message;
        Assert.Contains(part, message, StringComparison.Ordinal);
        Assert.Contains("model.onnx", message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', message);
        Assert.False(Directory.Exists(_place["package"]));
    }

    [Fact]
    public void Import_WrittenModel_HasTheContractOfPackages()
    {
        using OnnxModel model = new ExportedBert(Bert, TinyModels.Weights(Bert)).Build();
        using OnnxModel package = OnnxModel.Load(Import(model, Bert).Package.ModelPath);
        Assert.Equal(["last_hidden_state", "sentence_embedding"], package.Proto.Graph.Output.Select(output => output.Name));
        Assert.Equal(
            ["batch_size", "sequence_length", "8"],
            package.Proto.Graph.Output[0].Type.TensorType.Shape.Dim.Select(dim => dim.HasDimParam ? dim.DimParam : $"{dim.DimValue}"));
        Assert.Equal(17, package.Proto.OpsetImport.Single().Version);

        // A graph of standard operators whose shapes are followed throughout, as training needs it.
        Assert.Equal(2, GraphBuilder.From(package).Outputs.Count);
    }

    [Fact]
    public void Import_SafetensorsAndOnnx_PrefersSafetensors()
    {
        using OnnxModel model = new ExportedBert(Bert, TinyModels.Weights(Bert)).Build();
        Write(model, Bert);
        File.WriteAllBytes(_place["source", "model.safetensors"], [0]);
        Assert.Contains("model.safetensors", Assert.ThrowsAny<DataException>(() => Import(null, Bert)).Message, StringComparison.Ordinal);
        Assert.NotNull(Import(null, Bert, options => options with { From = ImportFormat.Onnx }).Export);
    }

    [Fact]
    public void Import_NoConfig_SaysWhatIsMissing()
    {
        using OnnxModel model = new ExportedBert(Bert, TinyModels.Weights(Bert)).Build();
        Write(model, Bert);
        File.Delete(_place["source", "config.json"]);
        Fails(null, "config.json", "beside it");
    }

    [Fact]
    public void Import_FixedAxes_AsksForOpenOnes()
    {
        using OnnxModel model = new ExportedBert(Bert, TinyModels.Weights(Bert)).Build();
        model.Proto.Graph.Input[0].Type.TensorType.Shape.Dim[1] = new TensorShapeProto.Types.Dimension { DimValue = 128 };
        Fails(model, "input_ids [batch, 128]", "dynamic axes");
    }

    [Fact]
    public void Import_OtherInput_IsNamed()
    {
        using OnnxModel model = new ExportedBert(Bert, TinyModels.Weights(Bert)).Build();
        ValueInfoProto pixels = model.Proto.Graph.Input[1].Clone();
        pixels.Name = "pixel_values";
        model.Proto.Graph.Input.Add(pixels);
        Fails(model, "pixel_values", "known are input_ids");
    }

    [Fact]
    public void Import_OtherWidth_NamesOutputAndWidth()
    {
        using OnnxModel model = new ExportedBert(Bert, TinyModels.Weights(Bert)).Build();
        model.Proto.Graph.Output[0].Type.TensorType.Shape.Dim[2] = new TensorShapeProto.Types.Dimension { DimValue = 99 };
        Write(model, Bert with { HiddenSize = 16 });
        Fails(null, "hidden states", "16", "last_hidden_state f32[batch_size, sequence_length, 8]");
    }

    [Fact]
    public void Import_UnknownOperator_NamesFileAndNode()
    {
        using OnnxModel model = new ExportedBert(Bert, TinyModels.Weights(Bert)).Build();
        model.Proto.Graph.Node[^1].Domain = "com.microsoft";
        model.Proto.Graph.Node[^1].OpType = "SparseAttention";
        Fails(model, "model.onnx", "SparseAttention", "opset 1");
    }

    [Fact]
    public void Import_Attention_IsRefused()
    {
        using OnnxModel model = new ExportedBert(Bert, TinyModels.Weights(Bert)).Build();
        Write(model, Bert);
        Assert.Throws<OptionException>(() => Import(null, Bert, options => options with { Attention = AttentionKind.Causal }));
    }

    public void Dispose() => _place.Dispose();

    private static NodeProto Nested(int depth)
    {
        NodeProto node = new() { OpType = "If", Name = "deep" };
        for (int i = 0; i < depth; i++)
        {
            GraphProto inner = new() { Name = "branch" };
            inner.Node.Add(node);
            NodeProto outer = new() { OpType = "If", Name = "deep" };
            outer.Attribute.Add(new AttributeProto { Name = "then_branch", Type = AttributeProto.Types.AttributeType.Graph, G = inner });
            node = outer;
        }

        return node;
    }

    private ImportResult Import(OnnxModel? model, ModelConfig config, Func<ImportOptions, ImportOptions>? with = null)
    {
        if (model is not null)
        {
            Write(model, config);
        }

        ImportOptions options = new() { Source = _place["source"], Out = _place["package"] };
        return Models.Importing.Import.Run(with?.Invoke(options) ?? options);
    }

    private void Write(OnnxModel model, ModelConfig config)
    {
        Directory.CreateDirectory(_place["source", "onnx"]);
        model.Save(_place["source", "onnx", "model.onnx"]);
        File.WriteAllText(_place["source", "config.json"], config.ToJson());
        DigitTokenizer.Write(_place["source"], config is BertConfig ? DigitTokenizerKind.Encoder : DigitTokenizerKind.Decoder, 64);
    }

    private void Fails(OnnxModel? model, params string[] parts)
    {
        string message = Assert.ThrowsAny<DataException>(() => Import(model, Bert)).Message;
        Assert.All(parts, part => Assert.Contains(part, message, StringComparison.Ordinal));
        Assert.False(Directory.Exists(_place["package"]));
    }

    // The vectors of the package and of one that is built here.
    private void SameAs(ModelPackage imported, ModelConfig config, TensorSource weights, PoolingMode pooling, bool normalize)
    {
        ModelPackage ours = ModelPackage.Create(_place["ours"], new PackageContents
        {
            Config = config,
            Pooling = pooling,
            Normalize = normalize,
            MaxLength = imported.MaxLength,
            WriteTokenizer = target => DigitTokenizer.Write(target, config is BertConfig ? DigitTokenizerKind.Encoder : DigitTokenizerKind.Decoder, 64),
            WriteModel = path => EncoderGraph.Model(config, pooling, normalize, weights).Build().Save(path),
            Provenance = new Provenance("test", new Dictionary<string, object?>(), [], new Dictionary<string, ulong>()),
        });
        float[] expected = Embed(ours), actual = Embed(imported);
        Assert.Equal(expected.Length, actual.Length);
        Assert.All(expected.Zip(actual), pair => Assert.InRange(pair.Second - pair.First, -1e-5, 1e-5));
    }

    private static float[] Embed(ModelPackage package)
    {
        using Embedder embedder = Embedder.Open(package, new EmbedderOptions(Threads: 1));
        return embedder.Embed(Texts).Values;
    }
}
