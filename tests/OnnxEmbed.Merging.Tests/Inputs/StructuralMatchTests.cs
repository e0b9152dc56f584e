using OnnxEmbed.Merging.Inputs;
using OnnxEmbed.Merging.Reports;
using OnnxEmbed.Models.Packages;
using OnnxEmbed.Onnx;
using OnnxEmbed.Onnx.Aligning;
using OnnxEmbed.Onnx.Schema;
using OnnxEmbed.Tensors;
using OnnxEmbed.TestKit.Files;
using OnnxEmbed.TestKit.Models;

namespace OnnxEmbed.Merging.Tests.Inputs;

public class StructuralMatchTests
{
    public static TheoryData<string, bool> Exports => new() { { "bert", true }, { "bert", false }, { "llama", true } };

    [Theory]
    [MemberData(nameof(Exports))]
    public void Merge_ShuffledRenamedTransposedTwin_GivesTheSameEmbeddingsAsTheAlignedPair(string architecture, bool turn)
    {
        using TemporaryDirectory directory = new();
        ModelConfig config = Config(architecture);
        using OnnxModel first = TinyExports.Model(config, 2);
        using OnnxModel second = TinyExports.Model(config, 3);
        string a = TinyExports.Write(first, directory["a.onnx"]);
        string b = TinyExports.Write(second, directory["b.onnx"]);
        MergeReport aligned = TinyExports.Slerp(a, b, directory["aligned.onnx"]);
        Assert.Empty(aligned.Warnings);
        for (int seed = 0; seed < 3; seed++)
        {
            // Only the second is another export; then both are, of different exporters.
            using OnnxModel twin = ExportTwin.Of(second, seed, turn);
            string t = TinyExports.Write(twin, directory[$"twin{seed}.onnx"]);
            TinyExports.AssertSame(b, t, config);
            MergeReport report = TinyExports.Slerp(a, t, directory[$"one{seed}.onnx"]);
            TinyExports.AssertSame(directory["aligned.onnx"], directory[$"one{seed}.onnx"], config);
            Assert.Equal(aligned.BlendedElements, report.BlendedElements);
            Assert.All(report.Matches.Where(match => match.Other is not null), match => Assert.Equal(MatchKind.Structure, match.Kind));
            Assert.Equal(turn, report.Matches.Any(match => match.Transposed));
            Assert.Equal(turn, report.ToJson().Contains("\"transposed\": true", StringComparison.Ordinal));
            using OnnxModel other = ExportTwin.Of(first, seed + 100, turn: false);
            string o = TinyExports.Write(other, directory[$"other{seed}.onnx"]);
            TinyExports.Slerp(o, t, directory[$"both{seed}.onnx"]);
            TinyExports.AssertSame(directory["aligned.onnx"], directory[$"both{seed}.onnx"], config);
        }
    }

    [Fact]
    public void Merge_NamedVectorsAndNumberedMatrices_MatchesBoth()
    {
        // What PyTorch's exporter writes: biases and norms keep their names, weights of linear layers are numbered.
        using TemporaryDirectory directory = new();
        using OnnxModel first = TinyExports.Model(TinyModels.Bert, 2);
        using OnnxModel second = TinyExports.Model(TinyModels.Bert, 3);
        using OnnxModel one = ExportTwin.Of(first, 1, renameVectors: false);
        using OnnxModel two = ExportTwin.Of(second, 2, renameVectors: false);
        TinyExports.Slerp(TinyExports.Write(first, directory["a.onnx"]), TinyExports.Write(second, directory["b.onnx"]), directory["aligned.onnx"]);
        TinyExports.Slerp(TinyExports.Write(one, directory["one.onnx"]), TinyExports.Write(two, directory["two.onnx"]), directory["merged.onnx"]);
        TinyExports.AssertSame(directory["aligned.onnx"], directory["merged.onnx"], TinyModels.Bert);
    }

    [Theory]
    [InlineData(false, false)]
    [InlineData(true, false)]
    [InlineData(false, true)]
    public void Merge_PackedQueryKeyValue_IsMergedInParts(bool packedFirst, bool turned)
    {
        using TemporaryDirectory directory = new();
        using OnnxModel first = TinyExports.Model(TinyModels.Bert, 2);
        using OnnxModel second = TinyExports.Model(TinyModels.Bert, 3);
        using OnnxModel packed = PackedExport.Of(packedFirst ? first : second, turned);
        string a = TinyExports.Write(first, directory["a.onnx"]);
        string b = TinyExports.Write(second, directory["b.onnx"]);
        string p = TinyExports.Write(packed, directory["p.onnx"]);
        TinyExports.AssertSame(packedFirst ? a : b, p, TinyModels.Bert);
        TinyExports.Slerp(a, b, directory["aligned.onnx"]);
        MergeReport report = TinyExports.Slerp(packedFirst ? p : a, packedFirst ? b : p, directory["merged.onnx"]);
        TinyExports.AssertSame(directory["aligned.onnx"], directory["merged.onnx"], TinyModels.Bert);
        if (packedFirst)
        {
            Assert.Contains(report.Tensors, tensor => tensor is { Name: "encoder.layer.0.attention.self.qkv.weight[8:16]", Type: "f32[8, 8]", Action: "slerp" });
            Assert.Contains(report.Tensors, tensor => tensor is { Name: "encoder.layer.1.attention.self.qkv.bias[16:24]", Type: "f32[8]" });
        }
    }

    [Fact]
    public void Merge_PackedInBoth_StaysOneTensor()
    {
        using TemporaryDirectory directory = new();
        using OnnxModel first = PackedExport.Of(TinyExports.Model(TinyModels.Bert, 2), turned: false);
        using OnnxModel second = PackedExport.Of(TinyExports.Model(TinyModels.Bert, 3), turned: true);
        using OnnxModel twin = ExportTwin.Of(second, 5, turn: false);
        string a = TinyExports.Write(first, directory["a.onnx"]);
        MergeReport named = TinyExports.Slerp(a, TinyExports.Write(second, directory["b.onnx"]), directory["c.onnx"]);
        MergeReport matched = TinyExports.Slerp(a, TinyExports.Write(twin, directory["t.onnx"]), directory["d.onnx"]);
        Assert.Contains(named.Tensors, tensor => tensor is { Name: "encoder.layer.0.attention.self.qkv.weight", Type: "f32[24, 8]" });
        Assert.Equal(named.Tensors.Select(tensor => tensor.Name), matched.Tensors.Select(tensor => tensor.Name));
        TinyExports.AssertSame(directory["c.onnx"], directory["d.onnx"], TinyModels.Bert);
    }

    [Fact]
    public void Merge_SquareWeightOfTheSameNameTheOtherWayRound_IsTurned()
    {
        using TemporaryDirectory directory = new();
        float[] values = BareModels.Values(16, 1);
        float[] others = BareModels.Values(16, 2);
        NodeProto gemm = BareModels.Node("Gemm", ["x", "layer.weight"], "y");
        gemm.Attribute.Add(new AttributeProto { Name = "transB", I = 1, Type = AttributeProto.Types.AttributeType.Int });
        string a = BareModels.Write(directory["a.onnx"], Of(TensorData.From<float>(values, 4, 4)), ExternalDataMode.Auto, gemm);
        string b = BareModels.Write(
            directory["b.onnx"], Of(ExportTwin.Transposed(TensorData.From<float>(others, 4, 4))), ExternalDataMode.Auto, BareModels.Node("MatMul", ["x", "layer.weight"], "y"));
        BareModels.Run(BareModels.Soup(directory["c.onnx"], a, b));
        Assert.Equal(values.Zip(others, (x, y) => (float)((x + (double)y) / 2)), BareModels.Read(directory["c.onnx"], "layer.weight").ToSingles());

        static Dictionary<string, TensorData> Of(TensorData weight) => new() { ["layer.weight"] = weight };
    }

    [Fact]
    public void Merge_PlacesThatTheGraphDoesNotTellApart_AreRefusedByName()
    {
        using TemporaryDirectory directory = new();
        string Write(string name, string prefix) => BareModels.Write(
            directory[name],
            new Dictionary<string, TensorData>
            {
                [prefix + "1"] = TensorData.From<float>(BareModels.Values(6, 1), 3, 2),
                [prefix + "2"] = TensorData.From<float>(BareModels.Values(6, 2), 3, 2),
            },
            ExternalDataMode.Auto,
            BareModels.Node("Gather", [prefix + "1", "ids"], "left"),
            BareModels.Node("Gather", [prefix + "2", "ids"], "right"),
            BareModels.Node("Add", ["left", "right"], "sum"));
        ShapeMismatchException error = Assert.Throws<ShapeMismatchException>(() => BareModels.Run(
            BareModels.Soup(directory["c.onnx"], Write("a.onnx", "onnx::Gather_1"), Write("b.onnx", "onnx::Gather_2"))));
        Assert.Contains(
            "the graph does not tell apart 'onnx::Gather_11', 'onnx::Gather_12', which could be 'onnx::Gather_21', 'onnx::Gather_22' in b.onnx; "
            + "export both models with parameter names",
            error.Differences);
    }

    [Fact]
    public void Merge_TiedInOneTwiceInTheOther_StaysTied()
    {
        using TemporaryDirectory directory = new();
        float[] values = BareModels.Values(15, 1);
        float[] others = BareModels.Values(15, 2);
        TensorData other = TensorData.From<float>(others, 5, 3);
        NodeProto gather(string table) => BareModels.Node("Gather", [table, "ids"], "rows");
        string a = BareModels.Write(
            directory["a.onnx"], new Dictionary<string, TensorData> { ["onnx::Gather_1"] = TensorData.From<float>(values, 5, 3) }, ExternalDataMode.Auto,
            gather("onnx::Gather_1"), BareModels.Node("Transpose", ["onnx::Gather_1"], "turned"), BareModels.Node("MatMul", ["rows", "turned"], "logits"));
        string b = BareModels.Write(
            directory["b.onnx"], new Dictionary<string, TensorData> { ["onnx::Gather_7"] = other, ["onnx::MatMul_8"] = ExportTwin.Transposed(other) }, ExternalDataMode.Auto,
            gather("onnx::Gather_7"), BareModels.Node("MatMul", ["rows", "onnx::MatMul_8"], "logits"));
        float[] expected = [.. values.Zip(others, (x, y) => (float)((x + (double)y) / 2))];
        BareModels.Run(BareModels.Soup(directory["c.onnx"], a, b));
        Assert.Equal(expected, BareModels.Read(directory["c.onnx"], "onnx::Gather_1").ToSingles());
        BareModels.Run(BareModels.Soup(directory["d.onnx"], b, a));
        TensorData table = BareModels.Read(directory["d.onnx"], "onnx::Gather_7");
        Assert.Equal(expected, table.ToSingles());
        Assert.True(Merging.Engine.TransposedTwins.AreTwins(table, BareModels.Read(directory["d.onnx"], "onnx::MatMul_8")));

        // A head of its own is no twin: merged into the tied tensor it would be lost.
        string c = BareModels.Write(
            directory["e.onnx"], new Dictionary<string, TensorData> { ["onnx::Gather_7"] = other, ["onnx::MatMul_8"] = TensorData.From<float>(values, 3, 5) }, ExternalDataMode.Auto,
            gather("onnx::Gather_7"), BareModels.Node("MatMul", ["rows", "onnx::MatMul_8"], "logits"));
        Assert.Contains("is shared by several nodes", Assert.Throws<ShapeMismatchException>(() => BareModels.Run(BareModels.Soup(directory["f.onnx"], a, c))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Match_GraphWithoutCommonWeights_FindsNothing()
    {
        using OnnxModel bert = TinyExports.Model(TinyModels.Bert, 1);
        using OnnxModel llama = TinyExports.Model(TinyModels.Llama, 1);
        GraphMatch match = GraphMatcher.Match(CanonicalGraphBuilder.Build(bert), CanonicalGraphBuilder.Build(llama));
        Assert.DoesNotContain(match.Pairs.Keys, part => part.Leaf.IsWeight);
    }

    private static ModelConfig Config(string architecture) => architecture == "bert" ? TinyModels.Bert : TinyModels.Llama;
}
