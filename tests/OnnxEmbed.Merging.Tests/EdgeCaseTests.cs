using OnnxEmbed.Merging.Reports;
using OnnxEmbed.Onnx;
using OnnxEmbed.Onnx.Schema;
using OnnxEmbed.Tensors;
using OnnxEmbed.TestKit.Files;

namespace OnnxEmbed.Merging.Tests;

public class EdgeCaseTests
{
    [Theory]
    [InlineData(new float[] { 1, 2 }, new float[] { 2, 4 }, "0.5", "lerp: colinear", new float[] { 1.5f, 3 })]
    [InlineData(new float[] { 1, 2 }, new float[] { -1, -2 }, "0.5", "lerp: opposite", new float[] { 0, 0 })]
    [InlineData(new float[] { 1, 2 }, new float[] { -2, -4 }, "0.25", "lerp: opposite", new float[] { 0.25f, 0.5f })]
    [InlineData(new float[] { 0, 0 }, new float[] { 3, 4 }, "0.5", "lerp: zero vector", new float[] { 1.5f, 2 })]
    [InlineData(new float[] { 3, 4 }, new float[] { 0, 0 }, "0.25", "lerp: zero vector", new float[] { 2.25f, 3 })]
    [InlineData(new float[] { 1e-9f, 0 }, new float[] { 1, 0 }, "0.5", "lerp: colinear", new float[] { 0.5f, 0 })]
    [InlineData(new float[] { 0, 0 }, new float[] { 0, 0 }, "0.5", "copied: equal in both models", new float[] { 0, 0 })]
    [InlineData(new float[] { -0f, 0 }, new float[] { 0, -0f }, "0.5", "lerp: zero vector", new float[] { 0, 0 })]
    [InlineData(new float[] { 2 }, new float[] { -4 }, "0.5", "lerp: one element", new float[] { -1 })]
    [InlineData(new float[] { 1e-40f, 0 }, new float[] { 0, 1e-40f }, "0.5", "slerp", new float[] { 7.0710678e-41f, 7.0710678e-41f })]
    public void Slerp_NoDirection_InterpolatesStraight(float[] first, float[] second, string t, string action, float[] expected)
    {
        (TensorReport tensor, float[] result) = Slerp(first, second, t);
        Assert.Equal(action, tensor.Action);
        Assert.All(expected.Zip(result), pair => Assert.Equal(pair.First, pair.Second, Math.Abs(pair.First) * 2e-7f + 1.5e-45f));
        Assert.Equal(action == "lerp: opposite", tensor.Warning is not null);
    }

    [Fact]
    public void Slerp_NearAntiparallel_KeepsToTheSphere()
    {
        // cos = -0.99950 and a hair beyond: the length must not collapse as it does where the threshold holds on both sides.
        foreach (double cosine in (double[])[-0.9994999, -0.9995001, -0.99999])
        {
            double sine = Math.Sqrt(1 - (cosine * cosine));
            (TensorReport tensor, float[] result) = Slerp([1, 0], [(float)cosine, (float)sine], "0.5");
            Assert.Equal("slerp", tensor.Action);
            Assert.Equal(1, Math.Sqrt((result[0] * (double)result[0]) + (result[1] * (double)result[1])), 5);
        }
    }

    [Theory]
    [InlineData(new float[] { 0, 0 }, new float[] { 3, 4 }, new float[] { 2.1213203f, 2.8284271f })]
    [InlineData(new float[] { 1e-9f, 0 }, new float[] { 1, 0 }, new float[] { 0.70710678f, 0 })]
    [InlineData(new float[] { 1, 2 }, new float[] { -1, -2 }, new float[] { 0, 0 })]
    [InlineData(new float[] { 2, 0 }, new float[] { 0, 4 }, new float[] { 1.4142135f, 2.8284271f })]
    public void Slerp_MergekitMode_ReproducesMergekit(float[] first, float[] second, float[] expected)
    {
        (_, float[] result) = Slerp(first, second, "0.5", "mergekit");
        Assert.All(expected.Zip(result), pair => Assert.Equal(pair.First, pair.Second, 1e-6f));
    }

    [Fact]
    public void Slerp_AroundMergekitsThreshold_HasNoJumpInExactMode()
    {
        // Both sides of 1.812 degrees: mergekit's straight line leaves the arc by 1.25e-4 there.
        double[] norms = [.. new[] { 0.0316, 0.0317 }.Select(angle =>
            Slerp([1, 0], [(float)Math.Cos(angle), (float)Math.Sin(angle)], "0.5").Tensor.OutputNorm!.Value)];
        Assert.All(norms, norm => Assert.Equal(1, norm, 6));
        double straight = Slerp([1, 0], [(float)Math.Cos(0.0316), (float)Math.Sin(0.0316)], "0.5", "mergekit").Tensor.OutputNorm!.Value;
        Assert.Equal(1 - 1.25e-4, straight, 5);
    }

    [Fact]
    public void Slerp_HalfsWhoseSquaresOverflow_AccumulatesInDouble()
    {
        using TemporaryDirectory directory = new();
        string a = BareModels.Write(directory["a.onnx"], "w", TensorData.FromSingles([60000, 0], ElementType.Float16, 2));
        string b = BareModels.Write(directory["b.onnx"], "w", TensorData.FromSingles([0, 60000], ElementType.Float16, 2));
        TensorReport tensor = Assert.Single(BareModels.Run(BareModels.Slerp(a, b, directory["c.onnx"])).Tensors);
        Assert.Equal(60000, tensor.Norms[0]);
        Assert.Equal(90, tensor.AnglesDegrees[0]!.Value, 10);
        Assert.Equal((float)(Half)(60000 * Math.Sqrt(0.5)), BareModels.Read(directory["c.onnx"]).ToSingles()[0]);
    }

    [Fact]
    public void Slerp_EndpointWithNaNInTheOther_IsRefusedOrCopiedWithAWarning()
    {
        using TemporaryDirectory directory = new();
        string a = BareModels.Write(directory["a.onnx"], 1, -0f, 1e-45f);
        string b = BareModels.Write(directory["b.onnx"], float.NaN, float.PositiveInfinity, 0);
        MergeOptions options = BareModels.Slerp(a, b, directory["c.onnx"], "0");
        Assert.Contains("got 2 NaN or infinite values in b.onnx", Assert.Throws<DataException>(() => BareModels.Run(options)).Message, StringComparison.Ordinal);
        TensorReport tensor = Assert.Single(BareModels.Run(options with { AllowNonFinite = true }).Tensors);
        Assert.Equal(File.ReadAllBytes(a), File.ReadAllBytes(directory["c.onnx"]));
        Assert.Equal("2 NaN or infinite values in b.onnx, of which nothing is taken", tensor.Warning);
        Assert.Equal([0L, 2L], tensor.NonFinite);
    }

    [Fact]
    public void Run_InfiniteConstantOfTheGraph_IsNoFault()
    {
        using TemporaryDirectory directory = new();
        string Write(string name, float weight) => BareModels.Write(
            directory[name],
            new Dictionary<string, TensorData> { ["mask"] = TensorData.From<float>([float.NegativeInfinity]), ["w"] = TensorData.From<float>([weight, 1], 2) },
            ExternalDataMode.Auto,
            BareModels.Node("Where", ["c", "x", "mask"], "y"));
        MergeReport report = BareModels.Run(BareModels.Soup(directory["c.onnx"], Write("a.onnx", 1), Write("b.onnx", 3)));
        Assert.Equal(float.NegativeInfinity, BareModels.Read(directory["c.onnx"], "mask").ToSingles()[0]);
        Assert.Empty(report.Warnings);
    }

    [Fact]
    public void Run_NaNWeights_AreRefusedNamingTensorAndCountUnlessAllowed()
    {
        using TemporaryDirectory directory = new();
        string a = BareModels.Write(directory["a.onnx"], 1, float.NaN, float.NegativeInfinity);
        string b = BareModels.Write(directory["b.onnx"], 1, 2, 3);
        MergeOptions options = BareModels.Soup(directory["c.onnx"], a, b);
        DataException error = Assert.Throws<DataException>(() => BareModels.Run(options));
        Assert.Equal("merge: 'w': needs finite weights, got 2 NaN or infinite values in a.onnx; --allow-nonfinite merges them all the same", error.Message);
        Assert.Throws<DataException>(() => BareModels.Run(options with { Inputs = [options.Inputs[0], options.Inputs[0]] }));
        Assert.Equal(["a.onnx", "b.onnx"], directory.Files());
        MergeReport report = BareModels.Run(options with { AllowNonFinite = true });
        Assert.Equal([1, float.NaN, float.NegativeInfinity], BareModels.Read(directory["c.onnx"]).ToSingles());
        Assert.Contains("2 NaN or infinite values in a.onnx", Assert.Single(report.Warnings), StringComparison.Ordinal);
    }

    [Fact]
    public void Run_TensorsDiffer_ListsAllInOneError()
    {
        using TemporaryDirectory directory = new();
        string a = BareModels.Write(directory["a.onnx"], new Dictionary<string, TensorData>
        {
            ["rows"] = TensorData.From<float>(new float[4], 2, 2),
            ["type"] = TensorData.From<long>([1], 1),
            ["gone"] = TensorData.From<float>([1], 1),
        });
        string b = BareModels.Write(directory["b.onnx"], new Dictionary<string, TensorData>
        {
            ["rows"] = TensorData.From<float>(new float[6], 3, 2),
            ["type"] = TensorData.From<float>([1], 1),
            ["new"] = TensorData.From<float>([1], 1),
        });
        ShapeMismatchException error = Assert.Throws<ShapeMismatchException>(() => BareModels.Run(BareModels.Slerp(a, b, directory["c.onnx"])));
        Assert.Equal(
            ["'rows' is f32[2, 2], in b.onnx f32[3, 2]", "'type' is i64[1], in b.onnx f32[1]", "b.onnx has no 'gone' f32[1]", "only b.onnx has 'new' f32[1]"],
            error.Differences);
        Assert.Equal(["a.onnx", "b.onnx"], directory.Files());
    }

    [Fact]
    public void Run_IntegersDiffer_KeepsTheBaseWithAWarningOrFailsStrictly()
    {
        using TemporaryDirectory directory = new();
        string Write(string name, long position, bool flag, float weight) => BareModels.Write(directory[name], new Dictionary<string, TensorData>
        {
            ["position_ids"] = TensorData.From<long>([0, position], 2),
            ["mask"] = TensorData.From<bool>([flag], 1),
            ["w"] = TensorData.From<float>([weight, 1], 2),
        });
        string a = Write("a.onnx", 1, true, 1);
        string b = Write("b.onnx", 9, true, 3);
        MergeOptions options = BareModels.Soup(directory["c.onnx"], a, b);
        Assert.Contains("'position_ids' i64[2]: strict, and b.onnx differs", Assert.Throws<DataException>(() => BareModels.Run(options with { Strict = true })).Message, StringComparison.Ordinal);
        MergeReport report = BareModels.Run(options);
        Assert.Equal([0, 1], BareModels.Read(directory["c.onnx"], "position_ids").ToArray<long>());
        Assert.Equal([2f, 1f], BareModels.Read(directory["c.onnx"]).ToSingles());
        Assert.Equal("'position_ids': is not floating-point and differs in b.onnx; that of a.onnx is kept", Assert.Single(report.Warnings));
        Assert.Equal(["kept: not floating-point", "copied: not floating-point", "linear"], report.Tensors.Select(tensor => tensor.Action));
    }

    [Fact]
    public void Run_WeightsForArithmeticInWholeNumbers_AreRefused()
    {
        using TemporaryDirectory directory = new();
        NodeProto node = BareModels.Node("MatMulInteger", ["x", "q"], "y");
        string Write(string name, sbyte value) => BareModels.Write(
            directory[name],
            new Dictionary<string, TensorData> { ["q"] = TensorData.From<sbyte>([value, 1], 2), ["scale"] = TensorData.From<float>([0.1f]) },
            ExternalDataMode.Auto,
            node);
        DataException error = Assert.Throws<DataException>(() => BareModels.Run(BareModels.Soup(directory["c.onnx"], Write("a.onnx", 1), Write("b.onnx", 2))));
        Assert.Contains("'q' i8[2]: MatMulInteger is followed by no product with a scale of the weight alone", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Run_ConstantsOfTheGraph_AreNotBlended()
    {
        using TemporaryDirectory directory = new();
        string Write(string name, float epsilon, float table, float bias) => BareModels.Write(
            directory[name],
            new Dictionary<string, TensorData>
            {
                ["/norm/Constant_output_0"] = TensorData.From<float>([epsilon]),
                ["rotary.cos"] = TensorData.From<float>([table, 1], 2),
                ["classifier.bias"] = TensorData.From<float>([bias], 1),
            },
            ExternalDataMode.Auto,
            BareModels.Node("Add", ["x", "/norm/Constant_output_0"], "y"),
            BareModels.Node("Add", ["y", "classifier.bias"], "z"));
        string a = Write("a.onnx", 1e-12f, 0.5f, 1);
        string b = Write("b.onnx", 1e-5f, 0.25f, 3);
        MergeReport report = BareModels.Run(BareModels.Soup(directory["c.onnx"], a, b));
        Assert.Equal(1e-12f, BareModels.Read(directory["c.onnx"], "/norm/Constant_output_0").ToSingles()[0]);
        Assert.Equal([0.5f, 1], BareModels.Read(directory["c.onnx"], "rotary.cos").ToSingles());
        Assert.Equal(2, BareModels.Read(directory["c.onnx"], "classifier.bias").ToSingles()[0]);
        Assert.Equal(2, report.Warnings.Count);
        Assert.Throws<DataException>(() => BareModels.Run(BareModels.Soup(directory["d.onnx"], a, b) with { Strict = true }));
    }

    [Fact]
    public void Run_WeightsInsideNodesDiffer_IsRefused()
    {
        using TemporaryDirectory directory = new();
        DataException error = Assert.Throws<DataException>(() => BareModels.Run(BareModels.Soup(directory["c.onnx"], Write("a.onnx", 1), Write("b.onnx", 2))));
        Assert.Equal("merge: 'Constant 0.value' inside a node differs in b.onnx; only initializers can be merged", error.Message);

        string Write(string name, float value)
        {
            NodeProto constant = BareModels.Node("Constant", [], "k");
            constant.Attribute.Add(new AttributeProto { Name = "value", T = new TensorProto { DataType = 1, Dims = { 1 }, FloatData = { value } } });
            return BareModels.Write(directory[name], new Dictionary<string, TensorData>(), ExternalDataMode.Auto, constant);
        }
    }

    [Fact]
    public void Run_GraphsDiffer_WarnsAndRefusesNumberedWeightsInOtherPlaces()
    {
        using TemporaryDirectory directory = new();
        string Write(string name, string weight, string operation) => BareModels.Write(
            directory[name],
            new Dictionary<string, TensorData> { [weight] = TensorData.From<float>([1, 2], 2) },
            ExternalDataMode.Auto,
            BareModels.Node(operation, ["x", weight], "y"));
        MergeReport report = BareModels.Run(BareModels.Soup(directory["c.onnx"], Write("a.onnx", "w", "MatMul"), Write("b.onnx", "w", "Gemm")));
        Assert.Equal("b.onnx: node 0 is Gemm instead of MatMul; the graph of a.onnx is used", Assert.Single(report.Warnings));
        ShapeMismatchException error = Assert.Throws<ShapeMismatchException>(() => BareModels.Run(
            BareModels.Soup(directory["f.onnx"], Write("d.onnx", "onnx::MatMul_12", "MatMul"), Write("e.onnx", "onnx::MatMul_12", "Mul"))));
        Assert.Equal(["e.onnx has no 'onnx::MatMul_12' f32[2]", "only e.onnx has 'onnx::MatMul_12' f32[2]"], error.Differences);
    }

    [Fact]
    public void Run_EmptyAndScalarTensors_AreHandled()
    {
        using TemporaryDirectory directory = new();
        string Write(string name, float value) => BareModels.Write(directory[name], new Dictionary<string, TensorData>
        {
            ["empty"] = TensorData.From<float>([], 0, 4),
            ["logit_scale.weight"] = TensorData.From<float>([value]),
        });
        MergeReport report = BareModels.Run(BareModels.Slerp(Write("a.onnx", 1), Write("b.onnx", 3), directory["c.onnx"]));
        Assert.Equal(["copied: equal in both models", "lerp: one element"], report.Tensors.Select(tensor => tensor.Action));
        Assert.Equal(2, BareModels.Read(directory["c.onnx"], "logit_scale.weight").ToSingles()[0]);
    }

    [Fact]
    public void Run_TiedWeights_AreMergedOnce()
    {
        using TemporaryDirectory directory = new();
        string Write(string folder, uint seed)
        {
            // Two initializers, one place in the data file.
            float[] values = BareModels.Values(600, seed);
            Directory.CreateDirectory(directory[folder]);
            TensorData tensor = TensorData.From<float>(values, 300, 2);
            ModelProto proto = new() { IrVersion = 8, Graph = new GraphProto { Name = "tied" } };
            foreach (string name in (string[])["embed.weight", "head.weight"])
            {
                TensorProto head = new() { Name = name, DataType = 1, Dims = { 300, 2 }, DataLocation = TensorProto.Types.DataLocation.External };
                head.ExternalData.Add(new StringStringEntryProto { Key = "location", Value = "m.onnx_data" });
                proto.Graph.Initializer.Add(head);
            }

            File.WriteAllBytes(directory[folder, "m.onnx_data"], tensor.Slice(0, 2400).ToArray());
            File.WriteAllBytes(directory[folder, "m.onnx"], Google.Protobuf.MessageExtensions.ToByteArray(proto));
            return directory[folder, "m.onnx"];
        }

        MergeReport report = BareModels.Run(BareModels.Slerp(Write("a", 1), Write("b", 2), directory["c", "m.onnx"]));
        Assert.Equal(["slerp", "shared with embed.weight"], report.Tensors.Select(tensor => tensor.Action));
        Assert.Equal(2400, new FileInfo(directory["c", "m.onnx_data"]).Length);
        Assert.Equal(
            BareModels.Read(directory["c", "m.onnx"], "embed.weight").ToSingles(), BareModels.Read(directory["c", "m.onnx"], "head.weight").ToSingles());
    }

    [Fact]
    public void Run_TransposedTwin_StaysEqualToItsTable()
    {
        using TemporaryDirectory directory = new();
        string Write(string name, uint seed)
        {
            float[] values = BareModels.Values(70_001 * 3, seed);
            float[] turned = new float[values.Length];
            for (int i = 0; i < values.Length; i++)
            {
                turned[(i % 3 * 70_001) + (i / 3)] = values[i];
            }

            return BareModels.Write(
                directory[name],
                new Dictionary<string, TensorData> { ["twin"] = TensorData.From<float>(turned, 3, 70_001), ["table"] = TensorData.From<float>(values, 70_001, 3) },
                ExternalDataMode.Auto,
                BareModels.Node("Gather", ["table", "ids"], "rows"),
                BareModels.Node("MatMul", ["rows", "twin"], "logits"));
        }

        BareModels.Run(BareModels.Slerp(Write("a.onnx", 1), Write("b.onnx", 2), directory["c.onnx"], "0.37"));
        using OnnxModel model = OnnxModel.Load(directory["c.onnx"]);
        Assert.True(Merging.Engine.TransposedTwins.AreTwins(model.Tensors["table"], model.Tensors["twin"]));
    }

    [Fact]
    public void Run_MixedTypes_TakesThatOfTheBase()
    {
        using TemporaryDirectory directory = new();
        string a = BareModels.Write(directory["a.onnx"], "w", TensorData.FromSingles([1, 2], ElementType.BFloat16, 2));
        string b = BareModels.Write(directory["b.onnx"], "w", TensorData.FromSingles([1.001f, 4], ElementType.Float32, 2));
        BareModels.Run(BareModels.Soup(directory["c.onnx"], a, b));
        BareModels.Run(BareModels.Slerp(a, b, directory["d.onnx"], "1"));
        Assert.Equal("bf16[2]", BareModels.Read(directory["c.onnx"]).ToString());
        Assert.Equal([1f, 3f], BareModels.Read(directory["c.onnx"]).ToSingles());
        Assert.Equal([1f, 4f], BareModels.Read(directory["d.onnx"]).ToSingles());
    }

    private static (TensorReport Tensor, float[] Result) Slerp(float[] first, float[] second, string t, string mode = "exact")
    {
        using TemporaryDirectory directory = new();
        MergeOptions options = BareModels.Slerp(BareModels.Write(directory["a.onnx"], first), BareModels.Write(directory["b.onnx"], second), directory["c.onnx"], t);
        MergeReport report = BareModels.Run(options with { Parameters = new Dictionary<string, string> { ["t"] = t, ["mode"] = mode } });
        return (Assert.Single(report.Tensors), BareModels.Read(directory["c.onnx"]).ToSingles());
    }
}
