using System.Text.Json.Nodes;
using OnnxEmbed.Models.Adapters;
using OnnxEmbed.Models.Embedders;
using OnnxEmbed.Models.Importing;
using OnnxEmbed.Models.Packages;
using OnnxEmbed.Models.Tests.Architectures.Decoders;
using OnnxEmbed.Onnx;
using OnnxEmbed.Tensors;
using OnnxEmbed.TestKit.Comparing;

namespace OnnxEmbed.Models.Tests.Importing;

public sealed class DecoderImportTests
{
    private static readonly string[] Texts = ["1, 4, 9, 16, 25", "7", "-3, 12"];

    public static TheoryData<string> Families => [.. ReferenceDecoder.Families];

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [MemberData(nameof(Families))]
    public void Import_EachFamily_PoolsTheLastTokenAndHoldsItsParametersOnly(string family)
    {
        using HuggingFaceDirectory source = new(family);

        ImportResult imported = source.Import(options => options with { MaxLength = 24 });

        Assert.Equal((PoolingMode.Last, AttentionKind.Causal), (imported.Package.Pooling, imported.Package.Config.Attention));
        Assert.InRange(imported.Check.BatchDifference, 0, 1e-5);
        Assert.All(
            imported.Unused,
            name => Assert.True(
                name is "lm_head.weight" or "embed_out.weight" || name.EndsWith("inv_freq", StringComparison.Ordinal)
                    || name.EndsWith(".attn.bias", StringComparison.Ordinal) || (family == "qwen3" && name.EndsWith("_proj.bias", StringComparison.Ordinal)),
                name));
    }

    [Theory]
    [InlineData("mistral")]
    [InlineData("gemma3_text")]
    [InlineData("gpt2")]
    public void Import_AttentionBidirectional_IsThatOfTheReferenceAndSaysSoInTheConfig(string family)
    {
        using HuggingFaceDirectory source = new(family);

        ModelPackage causal = source.Import().Package;
        float[] before = Vectors(causal);
        ModelPackage package = source.Import(options => options with { Attention = AttentionKind.Bidirectional, Force = true }).Package;

        Assert.Equal(AttentionKind.Bidirectional, package.Config.Attention);
        Assert.Equal(AttentionKind.Bidirectional, ModelPackage.Open(package.FullPath).Config.Attention);
        Assert.True(before.Zip(Vectors(package), (a, b) => Math.Abs(a - b)).Max() > 1e-3);
    }

    [Theory]
    [InlineData("gpt2", "h.0.attn.c_proj", true)]
    [InlineData("gpt2", "h.1.mlp.c_fc", true)]
    [InlineData("gpt_neox", "layers.0.attention.dense", false)]
    [InlineData("phi3", "layers.1.mlp.gate_up_proj", false)]
    public void Open_AdapterOfALayer_ChangesTheWeightAsItLies(string family, string module, bool inputFirst)
    {
        using HuggingFaceDirectory source = new(family);
        ModelPackage package = source.Import().Package;
        using OnnxModel model = OnnxModel.Load(package.ModelPath);
        TensorData weight = model.Tensors[module + ".weight"];
        (int rows, int columns) = ((int)weight.Shape[0], (int)weight.Shape[1]);
        (int outputs, int inputs) = inputFirst ? (columns, rows) : (rows, columns);
        float[] a = [.. Enumerable.Range(0, inputs).Select(i => MathF.Sin(i))];
        float[] b = [.. Enumerable.Range(0, outputs).Select(i => MathF.Cos(3 * i))];
        using LoraAdapter adapter = LoraAdapter.Create(
            new LoraSettings { R = 1, LoraAlpha = 2, TargetModules = [module], FanInFanOut = inputFirst },
            new Dictionary<string, (TensorData A, TensorData B)>
            {
                [module] = (TensorData.From<float>(a, 1, inputs), TensorData.From<float>(b, outputs, 1)),
            });

        // W + alpha / r · B A, element by element.
        float[] changed = weight.ToArray<float>();
        for (int i = 0; i < changed.Length; i++)
        {
            (int row, int column) = (i / columns, i % columns);
            changed[i] += 2 * (inputFirst ? a[row] * b[column] : b[row] * a[column]);
        }

        using OnnxModel folded = new(
            model.Proto, new Dictionary<string, TensorData>(model.Tensors) { [module + ".weight"] = TensorData.From<float>(changed, rows, columns) });
        using Embedder expected = Embedder.Open(package, folded, new EmbedderOptions(1));
        using Embedder adapted = Embedder.Open(package, new EmbedderOptions(1), adapter);

        float[] vectors = adapted.Embed(Texts, Token).Values;

        TensorAssert.Close(expected.Embed(Texts, Token).Values, vectors, Tolerance.Single);
        Assert.True(Vectors(package).Zip(vectors, (x, y) => Math.Abs(x - y)).Max() > 1e-3);
    }

    [Fact]
    public void Import_RotaryScalingThatIsNotBuilt_NamesFileAndField()
    {
        using HuggingFaceDirectory source = new("llama");
        source.Set("config.json", "rope_scaling", JsonNode.Parse("""{"rope_type":"cubic","factor":2}"""));

        string line = source.Fails<DataException>();

        Assert.StartsWith("config.json: config: rope_scaling.rope_type needs one of default, linear, dynamic, llama3, yarn, longrope", line, StringComparison.Ordinal);
    }

    private static float[] Vectors(ModelPackage package)
    {
        using Embedder embedder = Embedder.Open(package, new EmbedderOptions(1));
        return embedder.Embed(Texts, Token).Values;
    }
}
