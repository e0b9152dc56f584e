using OnnxEmbed.Merging.Reports;
using OnnxEmbed.Onnx;
using OnnxEmbed.Onnx.Schema;
using OnnxEmbed.Tensors;
using OnnxEmbed.TestKit.Files;
using OnnxEmbed.TestKit.Models;
using OnnxEmbed.TestKit.Running;

namespace OnnxEmbed.Merging.Tests.Inputs;

public class QuantisedTests
{
    private const int Outputs = 8;
    private const int Inputs = 32;

    [Theory]
    [InlineData("tensor", true)]
    [InlineData("tensor", false)]
    [InlineData("axis", true)]
    [InlineData("axis", false)]
    [InlineData("block", true)]
    [InlineData("block", false)]
    [InlineData("bits", true)]
    [InlineData("bits", false)]
    public void Merge_QuantisedWeights_AreMergedAsNumbersAndQuantisedAgain(string layout, bool symmetric)
    {
        using TemporaryDirectory directory = new();
        string a = Write(directory["a.onnx"], layout, symmetric, 1);
        string b = Write(directory["b.onnx"], layout, symmetric, 2);
        MergeReport report = BareModels.Run(BareModels.Slerp(a, b, directory["c.onnx"], "0.3") with { AllowUnrelated = true });

        // What ONNX Runtime computes with unit vectors is the weight: an oracle that knows nothing of our reading of the layout.
        double[] expected = Methods.GoldenVectorTests.ReferenceSlerp(Weight(a), Weight(b), 0.3);
        double[] merged = Weight(directory["c.onnx"]);
        double step = layout == "bits" ? 2 * 0.5 / 7 : 2.0 / 127;
        Assert.All(expected.Zip(merged), pair => Assert.True(Math.Abs(pair.First - pair.Second) <= step, $"{pair.First} became {pair.Second}"));
        double error = Math.Sqrt(expected.Zip(merged, (x, y) => (x - y) * (x - y)).Sum() / expected.Sum(x => x * x));
        TensorReport tensor = Assert.Single(report.Tensors, tensor => tensor.Name == "codes");
        Assert.Equal("slerp", tensor.Action);
        Assert.Equal(error, tensor.Figures["quantisation_error"], 1e-4);
        Assert.InRange(error, 1e-5, layout == "bits" ? 0.15 : 0.02);
        Assert.Contains(report.Tensors, tensor => tensor is { Name: "scales", Action: "made with its codes" });
    }

    [Theory]
    [InlineData("axis")]
    [InlineData("bits")]
    public void Merge_AtTheEnds_TakesTheBytesOver(string layout)
    {
        using TemporaryDirectory directory = new();
        string a = Write(directory["a.onnx"], layout, false, 1);
        string b = Write(directory["b.onnx"], layout, false, 2);
        foreach ((string t, string expected) in ((string, string)[])[("0", a), ("1", b)])
        {
            BareModels.Run(BareModels.Slerp(a, b, directory["c.onnx"], t) with { Force = true });
            Assert.Equal(File.ReadAllBytes(expected), File.ReadAllBytes(directory["c.onnx"]));
        }

        BareModels.Run(BareModels.Soup(directory["c.onnx"], a, a) with { Force = true });
        Assert.Equal(File.ReadAllBytes(a), File.ReadAllBytes(directory["c.onnx"]));
    }

    [Fact]
    public void Merge_QuantisedExportWithAFloatOne_MatchesByStructureInBothOrders()
    {
        using TemporaryDirectory directory = new();
        using OnnxModel first = TinyExports.Model(TinyModels.Bert, 2);
        using OnnxModel second = TinyExports.Model(TinyModels.Bert, 3);
        using OnnxModel quantised = Quantise(second);
        string a = TinyExports.Write(first, directory["a.onnx"]);
        string b = TinyExports.Write(second, directory["b.onnx"]);
        string q = TinyExports.Write(quantised, directory["q.onnx"]);
        TinyExports.Slerp(a, b, directory["float.onnx"]);
        TinyExports.Slerp(a, q, directory["one.onnx"]);
        TinyExports.Slerp(q, a, directory["two.onnx"], "0.6");
        IReadOnlyDictionary<string, TensorData> expected = TinyExports.Embed(directory["float.onnx"], TinyModels.Bert);
        foreach (string name in (string[])["one.onnx", "two.onnx"])
        {
            float[] vectors = TinyExports.Embed(directory[name], TinyModels.Bert)["sentence_embedding"].ToSingles();
            Assert.All(expected["sentence_embedding"].ToSingles().Zip(vectors), pair => Assert.Equal(pair.First, pair.Second, 0.03f));
        }

        using OnnxModel merged = OnnxModel.Load(directory["two.onnx"]);
        Assert.Contains(merged.Tensors, entry => entry.Key.EndsWith("_quantized", StringComparison.Ordinal) && entry.Value.ElementType == ElementType.Int8);
    }

    [Fact]
    public void Merge_ByOneAndByManyThreads_GivesTheSameBytesAndReport()
    {
        using TemporaryDirectory directory = new();
        string[] paths = [directory["a.onnx"], directory["b.onnx"]];
        for (uint i = 0; i < 2; i++)
        {
            NodeProto node = BareModels.Node("DequantizeLinear", ["codes", "scales"], "w");
            byte[] codes = [.. BareModels.Values(400_000, i).Select(value => unchecked((byte)(sbyte)(value * 127)))];
            BareModels.Write(paths[i], new Dictionary<string, TensorData>
            {
                ["codes"] = TensorData.FromBytes(ElementType.Int8, [400, 1000], codes),
                ["scales"] = TensorData.From<float>([.. BareModels.Values(1000, i + 5).Select(value => Math.Abs(value) + 0.01f)], 1000),
            }, ExternalDataMode.Auto, node);
        }

        string? text = null;
        foreach (int threads in (int[])[1, 2, 8])
        {
            MergeReport report = BareModels.Run(BareModels.Slerp(paths[0], paths[1], directory[$"{threads}.onnx"]) with { DegreeOfParallelism = threads });
            Assert.Equal(text ??= report.ToJson(), report.ToJson());
            Assert.Equal(File.ReadAllBytes(directory["1.onnx"]), File.ReadAllBytes(directory[$"{threads}.onnx"]));
        }
    }

    /// <summary>y = x Wᵀ with W [8, 32] in one of the layouts.</summary>
    private static string Write(string path, string layout, bool symmetric, uint seed)
    {
        float[] values = [.. BareModels.Values(Outputs * Inputs, seed).Select(value => (value * 0.5f) + (symmetric ? 0 : 0.1f))];
        bool bits = layout == "bits";
        int block = bits || layout == "block" ? 16 : Inputs;
        int groups = layout == "tensor" ? 1 : Outputs * (Inputs / block);
        int levels = bits ? 15 : 255;
        float[] scales = new float[groups];
        int[] zeros = new int[groups];
        for (int group = 0; group < groups; group++)
        {
            float[] part = layout == "tensor" ? values : values[(group * block)..((group + 1) * block)];
            float low = Math.Min(0, part.Min()), high = Math.Max(0, part.Max());
            scales[group] = symmetric ? Math.Max(-low, high) / (bits ? 7 : 127) : (high - low) / levels;
            zeros[group] = symmetric ? (bits ? 8 : 0) : (int)Math.Round(-low / scales[group]);
        }

        int[] codes = [.. values.Select((value, i) =>
        {
            int group = layout == "tensor" ? 0 : i / block;
            return Math.Clamp((int)Math.Round(value / scales[group]) + zeros[group], symmetric && !bits ? -127 : 0, symmetric && !bits ? 127 : levels);
        })];
        GraphProto graph = new() { Name = "quantised" };
        graph.Input.Add(Value("x", -1, Inputs));
        graph.Output.Add(Value("y", -1, Outputs));
        Dictionary<string, TensorData> tensors = [];
        int perRow = Inputs / block;
        if (bits)
        {
            tensors["codes"] = TensorData.From<byte>([.. codes.Chunk(2).Select(pair => (byte)(pair[0] | (pair[1] << 4)))], Outputs, perRow, 8);
            tensors["scales"] = TensorData.From<float>(scales, groups);
            if (!symmetric)
            {
                tensors["zeros"] = TensorData.From<byte>([.. zeros.Chunk(2).Select(pair => (byte)(pair[0] | (pair[1] << 4)))], Outputs * perRow / 2);
            }

            NodeProto node = BareModels.Node("MatMulNBits", symmetric ? ["x", "codes", "scales"] : ["x", "codes", "scales", "zeros"], "y");
            node.Domain = "com.microsoft";
            Attribute(node, ("K", Inputs), ("N", Outputs), ("bits", 4), ("block_size", block));
            graph.Node.Add(node);
        }
        else
        {
            long[] shape = layout switch { "tensor" => [], "axis" => [Outputs], _ => [Outputs, perRow] };
            tensors["codes"] = symmetric ? TensorData.From<sbyte>([.. codes.Select(code => (sbyte)code)], Outputs, Inputs) : TensorData.From<byte>([.. codes.Select(code => (byte)code)], Outputs, Inputs);
            tensors["scales"] = TensorData.From<float>(scales, shape);
            if (!symmetric)
            {
                tensors["zeros"] = TensorData.From<byte>([.. zeros.Select(zero => (byte)zero)], shape);
            }

            NodeProto node = BareModels.Node("DequantizeLinear", symmetric ? ["codes", "scales"] : ["codes", "scales", "zeros"], "w");
            Attribute(node, layout == "block" ? [("axis", 1), ("block_size", block)] : [("axis", 0)]);
            NodeProto gemm = BareModels.Node("Gemm", ["x", "w"], "y");
            Attribute(gemm, ("transB", 1));
            graph.Node.AddRange([node, gemm]);
        }

        ModelProto model = new() { IrVersion = 10, Graph = graph };
        model.OpsetImport.Add(new OperatorSetIdProto { Domain = "", Version = 21 });
        model.OpsetImport.Add(new OperatorSetIdProto { Domain = "com.microsoft", Version = 1 });
        Heads(graph, tensors);
        using OnnxModel made = new(model, tensors);
        made.Save(path);
        return path;
    }

    private static double[] Weight(string path)
    {
        using OnnxModel model = OnnxModel.Load(path);
        using OrtGraphRunner runner = new(model.ToBytes());
        float[] unit = new float[Inputs * Inputs];
        for (int i = 0; i < Inputs; i++)
        {
            unit[i * (Inputs + 1)] = 1;
        }

        float[] columns = runner.Run(new Dictionary<string, TensorData> { ["x"] = TensorData.From<float>(unit, Inputs, Inputs) })["y"].ToSingles();
        return [.. Enumerable.Range(0, Outputs * Inputs).Select(i => (double)columns[(i % Inputs * Outputs) + (i / Inputs)])];
    }

    /// <summary>A BERT whose linear weights are int8 with a scale for each output, as ONNX Runtime's quantiser names them.</summary>
    private static OnnxModel Quantise(OnnxModel model)
    {
        ModelProto proto = new(model.Proto);
        Dictionary<string, TensorData> tensors = new(model.Tensors, StringComparer.Ordinal);
        foreach (NodeProto gemm in proto.Graph.Node.Where(node => node.OpType == "Gemm").ToArray())
        {
            string weight = gemm.Input[1];
            float[] values = tensors[weight].ToSingles();
            int width = (int)tensors[weight].Shape[1];
            float[] scales = [.. values.Chunk(width).Select(row => row.Max(Math.Abs) / 127)];
            tensors[weight + "_quantized"] = TensorData.From<sbyte>([.. values.Select((value, i) => (sbyte)Math.Round(value / scales[i / width]))], [.. tensors[weight].Shape]);
            tensors[weight + "_scale"] = TensorData.From<float>(scales, scales.Length);
            tensors.Remove(weight);
            NodeProto dequantize = BareModels.Node("DequantizeLinear", [weight + "_quantized", weight + "_scale"], weight);
            Attribute(dequantize, ("axis", 0));
            proto.Graph.Node.Insert(0, dequantize);
        }

        Heads(proto.Graph, tensors);
        proto.Graph.ValueInfo.Clear();
        return new OnnxModel(proto, tensors);
    }

    private static void Heads(GraphProto graph, Dictionary<string, TensorData> tensors)
    {
        graph.Initializer.Clear();
        foreach ((string name, TensorData tensor) in tensors)
        {
            TensorProto head = new() { Name = name, DataType = (int)tensor.ElementType };
            head.Dims.AddRange(tensor.Shape);
            graph.Initializer.Add(head);
        }
    }

    private static void Attribute(NodeProto node, params (string Name, long Value)[] attributes) => node.Attribute.AddRange(
        attributes.Select(attribute => new AttributeProto { Name = attribute.Name, I = attribute.Value, Type = AttributeProto.Types.AttributeType.Int }));

    private static ValueInfoProto Value(string name, int rows, int columns)
    {
        TensorShapeProto shape = new();
        shape.Dim.Add(rows < 0 ? new TensorShapeProto.Types.Dimension { DimParam = "n" } : new TensorShapeProto.Types.Dimension { DimValue = rows });
        shape.Dim.Add(new TensorShapeProto.Types.Dimension { DimValue = columns });
        return new ValueInfoProto { Name = name, Type = new TypeProto { TensorType = new TypeProto.Types.Tensor { ElemType = 1, Shape = shape } } };
    }
}
