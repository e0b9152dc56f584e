using OnnxEmbed.Merging.Reports;
using OnnxEmbed.Onnx;
using OnnxEmbed.Onnx.Schema;
using OnnxEmbed.Tensors;
using OnnxEmbed.TestKit.Files;
using OnnxEmbed.TestKit.Running;

namespace OnnxEmbed.Merging.Tests.Inputs;

/// <summary>Layouts of quantised weights beside those of <see cref="QuantisedTests"/>; what ONNX Runtime computes with unit vectors is the weight.</summary>
public class QuantisedLayoutTests
{
    private const int Outputs = 8;
    private const int Inputs = 32;
    private const int Block = 16;

    [Theory]
    [InlineData("int4 blocks", 0.15)]
    [InlineData("uint4 axis", 0.15)]
    [InlineData("int4 tensor", 0.15)]
    [InlineData("float zeros", 0.15)]
    [InlineData("order", 0.15)]
    [InlineData("integer", 0.02)]
    [InlineData("integer columns", 0.02)]
    [InlineData("qlinear", 0.02)]
    public void Merge_Layout_IsMergedAsNumbersAndQuantisedAgain(string layout, double most)
    {
        using TemporaryDirectory directory = new();
        string a = Write(directory["a.onnx"], layout, 1);
        string b = Write(directory["b.onnx"], layout, 2);
        MergeReport report = BareModels.Run(BareModels.Slerp(a, b, directory["c.onnx"], "0.3") with { AllowUnrelated = true });
        double[] expected = Methods.GoldenVectorTests.ReferenceSlerp(Weight(a), Weight(b), 0.3);
        double[] merged = Weight(directory["c.onnx"]);
        double error = Math.Sqrt(expected.Zip(merged, (x, y) => (x - y) * (x - y)).Sum() / expected.Sum(x => x * x));
        TensorReport tensor = Assert.Single(report.Tensors, tensor => tensor.Name == "codes");
        Assert.Equal("slerp", tensor.Action);
        Assert.Equal(error, tensor.Figures["quantisation_error"], layout == "qlinear" ? 0.01 : 2e-4);
        Assert.InRange(error, 1e-5, most);

        foreach ((string t, string source) in ((string, string)[])[("0", a), ("1", b)])
        {
            BareModels.Run(BareModels.Slerp(a, b, directory["d.onnx"], t) with { Force = true, AllowUnrelated = true });
            Assert.Equal(Weight(source), Weight(directory["d.onnx"]));
        }
    }

    [Fact]
    public void Merge_ColumnsInAnotherOrder_AreMergedByTheirPlaceInTheWeight()
    {
        using TemporaryDirectory directory = new();
        string a = Write(directory["a.onnx"], "order", 1);
        string b = Write(directory["b.onnx"], "order", 2, reversed: true);
        BareModels.Run(BareModels.Soup(directory["c.onnx"], a, b) with { AllowUnrelated = true });
        double[] merged = Weight(directory["c.onnx"]);
        Assert.All(Weight(a).Zip(Weight(b), (x, y) => (x + y) / 2).Zip(merged), pair => Assert.Equal(pair.First, pair.Second, 0.1));
    }

    [Fact]
    public void Merge_ScalesOfSeveralWeights_StayAndTheErrorShowsWhatIsCutOff()
    {
        using TemporaryDirectory directory = new();
        string a = Shared(directory["a.onnx"], 1, 0.01f);
        string b = Shared(directory["b.onnx"], 2, 0.02f);
        MergeReport report = BareModels.Run(BareModels.Soup(directory["c.onnx"], a, b) with { AllowUnrelated = true });
        Assert.Equal([0.01f], BareModels.Read(directory["c.onnx"], "scales").ToSingles());
        foreach (string name in (string[])["codes", "more"])
        {
            double[] exact = [.. Codes(a, name).Zip(Codes(b, name), (x, y) => ((x * (double)0.01f) + (y * (double)0.02f)) / 2)];
            double[] expected = [.. exact.Select(value => Math.Clamp(Math.Round(value / 0.01f), -128, 127) * 0.01f)];
            Assert.Equal(expected, Codes(directory["c.onnx"], name).Select(code => code * (double)0.01f), (x, y) => Math.Abs(x - y) < 1e-6);
            double error = Math.Sqrt(exact.Zip(expected, (x, y) => (x - y) * (x - y)).Sum() / exact.Sum(x => x * x));
            Assert.Equal(error, report.Tensors.Single(tensor => tensor.Name == name).Figures["quantisation_error"], 1e-6);
            Assert.True(error > 0.02, $"{error}");
        }

        static sbyte[] Codes(string path, string name) => BareModels.Read(path, name).ToArray<sbyte>();
    }

    [Fact]
    public void Merge_BiasInStepsOfScales_IsRefusedWithNodeAndReason()
    {
        using TemporaryDirectory directory = new();
        string[] paths = [directory["a.onnx"], directory["b.onnx"]];
        for (int i = 0; i < 2; i++)
        {
            NodeProto node = BareModels.Node("QGemm", ["x", "xs", "xz", "codes", "scales", "zeros", "bias", "", ""], "y", "dense");
            node.Domain = "com.microsoft";
            BareModels.Write(paths[i], new Dictionary<string, TensorData>
            {
                ["codes"] = TensorData.From<sbyte>([1, 2, (sbyte)(i + 3), 4], 2, 2),
                ["scales"] = TensorData.From<float>([0.5f], 1),
                ["zeros"] = TensorData.From<sbyte>([0], 1),
                ["bias"] = TensorData.From<int>([7, i], 2),
                ["xs"] = TensorData.From<float>([0.25f]),
                ["xz"] = TensorData.From<sbyte>([0]),
            }, ExternalDataMode.Auto, node);
        }

        string message = Assert.Throws<DataException>(() => BareModels.Run(BareModels.Soup(directory["c.onnx"], paths))).Message;
        Assert.Contains("'codes' i8[2, 2]: QGemm 'dense' has a bias in steps of the scales of input and weight", message, StringComparison.Ordinal);
    }

    private static string Shared(string path, uint seed, float scale) => BareModels.Write(
        path,
        new Dictionary<string, TensorData>
        {
            ["codes"] = TensorData.From<sbyte>([.. BareModels.Values(64, seed).Select(value => (sbyte)(value * 127))], 8, 8),
            ["more"] = TensorData.From<sbyte>([.. BareModels.Values(64, seed + 9).Select(value => (sbyte)(value * 127))], 8, 8),
            ["scales"] = TensorData.From<float>([scale]),
        },
        ExternalDataMode.Auto,
        BareModels.Node("DequantizeLinear", ["codes", "scales"], "w"),
        BareModels.Node("DequantizeLinear", ["more", "scales"], "v"));

    /// <summary>y = x Wᵀ with W [8, 32].</summary>
    private static string Write(string path, string layout, uint seed, bool reversed = false)
    {
        float[] weight = [.. BareModels.Values(Outputs * Inputs, seed).Select(value => (value * 0.5f) + 0.1f)];
        GraphProto graph = new() { Name = "quantised" };
        graph.Input.Add(Value("x", Inputs));
        graph.Output.Add(Value("y", Outputs));
        Dictionary<string, TensorData> tensors = [];
        List<NodeProto> nodes = [];
        switch (layout)
        {
            case "int4 blocks" or "uint4 axis" or "int4 tensor":
                {
                    bool signed = layout.StartsWith("int4", StringComparison.Ordinal);
                    int group = layout == "int4 blocks" ? Block : layout == "uint4 axis" ? Inputs : Inputs * Outputs;
                    (int[] codes, float[] scales, int[] zeros) = Quantise(weight, i => i / group, signed ? -8 : 0, signed ? 7 : 15, signed);
                    ElementType type = signed ? ElementType.Int4 : ElementType.UInt4;
                    long[] shape = layout == "int4 blocks" ? [Outputs, Inputs / Block] : layout == "uint4 axis" ? [Outputs] : [];
                    tensors["codes"] = TensorData.FromBytes(type, [Outputs, Inputs], Nibbles(codes));
                    tensors["scales"] = TensorData.From<float>(scales, shape);
                    tensors["zeros"] = TensorData.FromBytes(type, shape, Nibbles(zeros));
                    NodeProto node = BareModels.Node("DequantizeLinear", ["codes", "scales", "zeros"], "w");
                    Attributes(node, layout == "int4 blocks" ? [("axis", 1), ("block_size", Block)] : [("axis", 0)]);
                    NodeProto gemm = BareModels.Node("Gemm", ["x", "w"], "y");
                    Attributes(gemm, ("transB", 1));
                    nodes.AddRange([node, gemm]);
                    break;
                }

            case "float zeros" or "order":
                {
                    int[] groups = [.. Enumerable.Range(0, Inputs).Select(column => layout == "order" ? (reversed ? column + 1 : column) % 2 : column / Block)];
                    bool order = layout == "order";
                    (int[] codes, float[] scales, int[] zeros) = Quantise(
                        weight, i => (i / Inputs * 2) + groups[i % Inputs], order ? -8 : 0, order ? 7 : 15, order);
                    codes = [.. codes.Select(code => code + (order ? 8 : 0))]; // 8 is the zero point where none is stored
                    tensors["codes"] = TensorData.FromBytes(ElementType.UInt8, [Outputs, Inputs / Block, Block / 2], Nibbles(codes));
                    tensors["scales"] = TensorData.From<float>(scales, Outputs, Inputs / Block);
                    tensors["zeros"] = TensorData.From<float>([.. zeros.Select((zero, i) => zero + (i % 3 * 0.25f))], Outputs, Inputs / Block);
                    tensors["order"] = TensorData.From<int>(groups, Inputs);
                    NodeProto node = BareModels.Node("MatMulNBits", order ? ["x", "codes", "scales", "", "order"] : ["x", "codes", "scales", "zeros"], "y");
                    node.Domain = "com.microsoft";
                    Attributes(node, ("K", Inputs), ("N", Outputs), ("bits", 4), ("block_size", Block));
                    nodes.Add(node);
                    break;
                }

            default:
                {
                    // [in, out], as ONNX Runtime's dynamic quantisation leaves it.
                    float[] turned = [.. Enumerable.Range(0, weight.Length).Select(i => weight[(i % Outputs * Inputs) + (i / Outputs)])];
                    bool columns = layout == "integer columns";
                    (int[] codes, float[] scales, int[] zeros) = Quantise(turned, i => columns ? i % Outputs : 0, columns ? -127 : 0, columns ? 127 : 255, columns);
                    long[] shape = columns ? [Outputs] : [];
                    tensors["codes"] = columns ? TensorData.From<sbyte>([.. codes.Select(code => (sbyte)code)], Inputs, Outputs) : TensorData.From<byte>([.. codes.Select(code => (byte)code)], Inputs, Outputs);
                    tensors["scales"] = TensorData.From<float>(scales, shape);
                    tensors["zeros"] = columns ? TensorData.From<sbyte>([.. zeros.Select(zero => (sbyte)zero)], shape) : TensorData.From<byte>([.. zeros.Select(zero => (byte)zero)], shape);
                    if (layout == "qlinear")
                    {
                        tensors["xs"] = TensorData.From<float>([1 / 255f]);
                        tensors["ys"] = TensorData.From<float>([0.005f]);
                        tensors["xz"] = TensorData.From<byte>([0]);
                        tensors["yz"] = TensorData.From<byte>([(byte)(100 + seed)]);
                        nodes.Add(BareModels.Node("QuantizeLinear", ["x", "xs", "xz"], "xq"));
                        nodes.Add(BareModels.Node("QLinearMatMul", ["xq", "xs", "xz", "codes", "scales", "zeros", "ys", "yz"], "yq"));
                        nodes.Add(BareModels.Node("DequantizeLinear", ["yq", "ys", "yz"], "y"));
                        break;
                    }

                    NodeProto quantise = BareModels.Node("DynamicQuantizeLinear", ["x"], "xq");
                    quantise.Output.AddRange(["xs", "xz"]);
                    NodeProto cast = BareModels.Node("Cast", ["whole"], "float");
                    Attributes(cast, ("to", 1));
                    nodes.AddRange(
                    [
                        quantise, BareModels.Node("MatMulInteger", ["xq", "codes", "xz", "zeros"], "whole"), cast,
                    BareModels.Node("Mul", ["xs", "scales"], "factor"), BareModels.Node("Mul", ["float", "factor"], "y"),
                ]);
                    break;
                }
        }

        graph.Node.AddRange(nodes);
        foreach (string unused in tensors.Keys.Where(name => !nodes.Any(node => node.Input.Contains(name))).ToArray())
        {
            tensors.Remove(unused);
        }

        foreach ((string name, TensorData tensor) in tensors)
        {
            TensorProto initializer = new() { Name = name, DataType = (int)tensor.ElementType };
            initializer.Dims.AddRange(tensor.Shape);
            graph.Initializer.Add(initializer);
        }

        ModelProto model = new() { IrVersion = 10, Graph = graph };
        model.OpsetImport.Add(new OperatorSetIdProto { Domain = "", Version = 21 });
        model.OpsetImport.Add(new OperatorSetIdProto { Domain = "com.microsoft", Version = 1 });
        using OnnxModel made = new(model, tensors);
        made.Save(path);
        return path;
    }

    private static (int[] Codes, float[] Scales, int[] Zeros) Quantise(float[] values, Func<int, int> groupOf, int lowest, int highest, bool symmetric)
    {
        int[] groups = [.. Enumerable.Range(0, values.Length).Select(groupOf)];
        float[] scales = new float[groups.Max() + 1];
        int[] zeros = new int[scales.Length];
        for (int group = 0; group < scales.Length; group++)
        {
            float[] own = [.. values.Where((_, i) => groups[i] == group)];
            float low = Math.Min(0, own.Min()), high = Math.Max(0, own.Max());
            scales[group] = symmetric ? Math.Max(-low, high) / highest : (high - low) / (highest - lowest);
            zeros[group] = symmetric ? 0 : (int)Math.Round(lowest - (low / scales[group]));
        }

        return ([.. values.Select((value, i) => Math.Clamp((int)Math.Round(value / scales[groups[i]]) + zeros[groups[i]], lowest, highest))], scales, zeros);
    }

    private static byte[] Nibbles(int[] codes) => [.. codes.Chunk(2).Select(pair => (byte)((pair[0] & 15) | ((pair.Length > 1 ? pair[1] & 15 : 0) << 4)))];

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

    private static ValueInfoProto Value(string name, int width)
    {
        ValueInfoProto value = new() { Name = name, Type = new TypeProto { TensorType = new TypeProto.Types.Tensor { ElemType = 1, Shape = new TensorShapeProto() } } };
        value.Type.TensorType.Shape.Dim.Add(new TensorShapeProto.Types.Dimension { DimParam = "n" });
        value.Type.TensorType.Shape.Dim.Add(new TensorShapeProto.Types.Dimension { DimValue = width });
        return value;
    }

    private static void Attributes(NodeProto node, params (string Name, long Value)[] values) => node.Attribute.AddRange(
        values.Select(value => new AttributeProto { Name = value.Name, I = value.Value, Type = AttributeProto.Types.AttributeType.Int }));
}
