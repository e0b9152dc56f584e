using OnnxEmbed.Onnx.Building;
using OnnxEmbed.Onnx.Decomposing;
using OnnxEmbed.Onnx.Schema;
using OnnxEmbed.Tensors;
using OnnxEmbed.TestKit.Comparing;
using OnnxEmbed.TestKit.Running;

namespace OnnxEmbed.Onnx.Tests.Decomposing;

/// <summary>Each fused operator against ONNX Runtime running the fused node itself, and what is refused.</summary>
public class DecomposerTests
{
    // Sums of at most 32 products of numbers in [-1, 1], in another order: a few units of f32's last place.
    private static readonly Tolerance Close = new(1e-5, 1e-5);

    public static TheoryData<string> Cases => [.. FusedCases.All.Select(fused => $"{fused.Domain} {fused.Operator} {fused.Name}")];

    [Theory]
    [MemberData(nameof(Cases))]
    public void Decompose_FusedNode_ComputesTheSame(string name)
    {
        FusedCase fused = FusedCases.All.Single(one => $"{one.Domain} {one.Operator} {one.Name}" == name);
        using OnnxModel model = Load(fused);
        DecomposedGraph decomposed = Decomposer.Decompose(model);
        using OnnxModel plain = decomposed.ToModel();
        Assert.Equal(1, decomposed.Replaced.Values.Sum());
        Assert.All(plain.Proto.Graph.Node, node => Assert.Equal("", node.Domain));
        Assert.DoesNotContain(plain.Proto.Graph.Node, node => node.OpType == fused.Operator && (fused.Opset < 17 || fused.Operator != "LayerNormalization"));
        Assert.All(decomposed.Graph.Outputs, output => Assert.True(output.HasShape));

        Dictionary<string, TensorData> inputs = fused.Inputs.Where(input => input is { Data: not null, Weight: false })
            .ToDictionary(input => input.Name, input => input.Data!);
        using OrtGraphRunner before = new(model.ToBytes(), optimize: false), after = new(plain.ToBytes(), optimize: false);
        IReadOnlyDictionary<string, TensorData> expected = before.Run(inputs), actual = after.Run(inputs);
        foreach (string output in fused.Outputs.OfType<string>())
        {
            Assert.Equal(expected[output].Shape, actual[output].Shape);
            TensorAssert.Close(Defined(fused, expected[output]), Defined(fused, actual[output]), Close, $"{fused}: {output}");
        }
    }

    [Fact]
    public void Cases_EveryOperator_HasOne()
    {
        // BiasSoftmax has a kernel for CUDA only; TransposeMatMul is the old name of FusedMatMul.
        string[] tested =
        [
            .. FusedCases.All.Select(fused => fused.Domain.Length == 0 ? fused.Operator : $"{fused.Domain}.{fused.Operator}"),
            "com.microsoft.BiasSoftmax", "com.microsoft.TransposeMatMul", "com.microsoft.LayerNormalization", "com.microsoft.SimplifiedLayerNormalization",
        ];
        Assert.Empty(Decomposer.Operators.Except(tested));
    }

    [Theory]
    [InlineData(2, 1)]
    [InlineData(1, 1)]
    [InlineData(-1, 0)]
    public void Decompose_BiasSoftmax_IsTheSoftmaxOfTheSum(int axis, int inner)
    {
        FusedCase fused = new FusedCase("softmax", "com.microsoft", "BiasSoftmax", 17).X(2, 4, 6).X(2, 1, 6).With("axis", axis).With("is_inner_broadcast", inner);
        using OnnxModel model = Load(fused);
        using OnnxModel plain = Decomposer.Decompose(model).ToModel();
        using OrtGraphRunner runner = new(plain.ToBytes(), optimize: false);
        double[] x = fused.Inputs[0].Data!.ToDoubles(), bias = fused.Inputs[1].Data!.ToDoubles();
        double[] exponentials = [.. x.Select((number, i) => Math.Exp(number + bias[((i / 24) * 6) + (i % 6)]))];
        int group = axis == 1 ? 24 : 6;
        double[] expected = [.. exponentials.Select((number, i) => number / exponentials.Skip(i / group * group).Take(group).Sum())];
        TensorData actual = runner.Run(fused.Inputs.ToDictionary(input => input.Name, input => input.Data!))["y"];
        TensorAssert.Close(expected, actual.ToDoubles(), new Tolerance(1e-6, 1e-6), "BiasSoftmax");
    }

    [Fact]
    public void Decompose_UnknownOperator_NamesNodeOperatorAndOpset() => Refuses(
        new FusedCase("x", "com.microsoft", "SparseAttention", 17).X(3, 5, 8), "com.microsoft.SparseAttention", "\"node\"", "opset 1", "com.microsoft.GroupQueryAttention");

    [Fact]
    public void Decompose_UnknownDomain_NamesIt() => Refuses(new FusedCase("x", "some.where", "Gelu", 17).X(3, 5, 8), "some.where.Gelu", "\"node\"");

    [Fact]
    public void Decompose_UnknownAttribute_NamesIt() => Refuses(
        new FusedCase("x", "com.microsoft", "BiasGelu", 17).X(3, 5, 8).W(8).With("sharpness", 2L), "BiasGelu", "sharpness");

    [Fact]
    public void Decompose_PastGiven_NamesTheInput() => Refuses(
        new FusedCase("x", "com.microsoft", "Attention", 17).X(3, 5, 8).W(8, 24).W(24).None().X(2, 3, 2, 4, 4).With("num_heads", 2), "past", "input 4");

    [Fact]
    public void Decompose_HeadsThatDoNotDivide_NamesThem() => Refuses(
        new FusedCase("x", "com.microsoft", "MultiHeadAttention", 17).X(3, 5, 8).X(3, 5, 8).X(3, 5, 8).With("num_heads", 7), "7 heads");

    [Fact]
    public void Decompose_NoHeads_NamesTheAttribute() => Refuses(
        new FusedCase("x", "com.microsoft", "Attention", 17).X(3, 5, 8).W(8, 24).W(24), "num_heads", "got 0");

    [Fact]
    public void Decompose_OldOpset_IsRefused() => Assert.Contains(
        "[11, 25], got 9",
        Assert.Throws<GraphException>(() => Decompose(new FusedCase("x", "com.microsoft", "Gelu", 9).X(3, 5, 8))).Message,
        StringComparison.Ordinal);

    [Fact]
    public void Decompose_Cycle_NamesTheNodes()
    {
        ModelProto proto = new FusedCase("x", "", "Relu", 17).X(3, 5).Model();
        proto.Graph.Node.Clear();
        proto.Graph.Node.Add(Node("Add", "first", ["x0", "b"], "a"));
        proto.Graph.Node.Add(Node("Relu", "second", ["a"], "b"));
        proto.Graph.Node.Add(Node("Relu", "third", ["b"], "y"));
        using OnnxModel model = new(proto, new Dictionary<string, TensorData>());
        string message = Assert.Throws<GraphException>(() => Decomposer.Decompose(model)).Message;
        Assert.Contains("without cycles", message, StringComparison.Ordinal);
        Assert.Contains("\"first\"", message, StringComparison.Ordinal);
    }

    [Fact]
    public void Decompose_NodesOutOfOrder_AreSorted()
    {
        ModelProto proto = new FusedCase("x", "", "Relu", 17).X(3, 5).Model();
        proto.Graph.Node.Clear();
        proto.Graph.Node.Add(Node("Relu", "second", ["a"], "y"));
        proto.Graph.Node.Add(Node("Abs", "first", ["x0"], "a"));
        using OnnxModel model = new(proto, new Dictionary<string, TensorData>());
        Assert.Equal(["Abs", "Relu"], Decomposer.Decompose(model).Graph.Nodes.Select(node => node.OpType));
    }

    [Fact]
    public void Decompose_ValueMadeTwice_IsRefused()
    {
        ModelProto proto = new FusedCase("x", "", "Relu", 17).X(3, 5).Model();
        proto.Graph.Node.Add(Node("Abs", "again", ["x0"], "y"));
        using OnnxModel model = new(proto, new Dictionary<string, TensorData>());
        Assert.Contains("second one for y", Assert.Throws<GraphException>(() => Decomposer.Decompose(model)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Decompose_ValueThatNothingMakes_IsRefused()
    {
        ModelProto proto = new FusedCase("x", "", "Relu", 17).X(3, 5).Model();
        proto.Graph.Node[0].Input[0] = "nowhere";
        using OnnxModel model = new(proto, new Dictionary<string, TensorData>());
        Assert.Contains("reads nowhere", Assert.Throws<GraphException>(() => Decomposer.Decompose(model)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Decompose_LocalFunction_IsPutInPlace()
    {
        ModelProto proto = new FusedCase("x", "", "Relu", 17).X(3, 5).Model();
        FunctionProto function = new() { Name = "Leaky", Domain = "mine" };
        function.Input.Add("a");
        function.Output.Add("b");
        function.Attribute.Add("slope");
        NodeProto body = Node("LeakyRelu", "body", ["a"], "b");
        body.Attribute.Add(new AttributeProto { Name = "alpha", RefAttrName = "slope", Type = AttributeProto.Types.AttributeType.Float });
        function.Node.Add(body);
        proto.Functions.Add(function);
        NodeProto call = Node("Leaky", "call", ["x0"], "y");
        call.Domain = "mine";
        call.Attribute.Add(Attributes.Create("slope", 0.5));
        proto.Graph.Node.Clear();
        proto.Graph.Node.Add(call);
        using OnnxModel model = new(proto, new Dictionary<string, TensorData>());
        GraphNode node = Assert.Single(Decomposer.Decompose(model).Graph.Nodes);
        Assert.Equal("LeakyRelu", node.OpType);
        Assert.Equal(0.5f, node.Proto.GetFloat("alpha", 0));
    }

    [Fact]
    public void Decompose_FunctionThatCallsItself_IsRefused()
    {
        ModelProto proto = new FusedCase("x", "", "Relu", 17).X(3, 5).Model();
        FunctionProto function = new() { Name = "Loop", Domain = "mine" };
        function.Input.Add("a");
        function.Output.Add("b");
        NodeProto inner = Node("Loop", "inner", ["a"], "b");
        inner.Domain = "mine";
        function.Node.Add(inner);
        proto.Functions.Add(function);
        proto.Graph.Node[0] = inner.Clone();
        using OnnxModel model = new(proto, new Dictionary<string, TensorData>());
        Assert.Contains("do not call themselves", Assert.Throws<GraphException>(() => Decomposer.Decompose(model)).Message, StringComparison.Ordinal);
    }

    private static NodeProto Node(string op, string name, string[] inputs, string output)
    {
        NodeProto node = new() { OpType = op, Name = name };
        node.Input.AddRange(inputs);
        node.Output.Add(output);
        return node;
    }

    private static void Refuses(FusedCase fused, params string[] parts)
    {
        string message = Assert.Throws<DecompositionException>(() => Decompose(fused)).Message;
        Assert.All(parts, part => Assert.Contains(part, message, StringComparison.Ordinal));
    }

    private static DecomposedGraph Decompose(FusedCase fused)
    {
        using OnnxModel model = Load(fused);
        return Decomposer.Decompose(model);
    }

    private static OnnxModel Load(FusedCase fused) => new(
        fused.Model(), fused.Inputs.Where(input => input.Weight).ToDictionary(input => input.Name, input => input.Data!));

    // The rows [B, S, …] of tokens, or all of another output.
    private static TensorData Defined(FusedCase fused, TensorData data)
    {
        if (fused.Lengths is not { } lengths || data.Shape.Count != 3)
        {
            return data;
        }

        int width = (int)data.Shape[2];
        double[] all = data.ToDoubles();
        double[] rows = [.. lengths.SelectMany((length, text) => all.Skip(text * FusedCase.S * width).Take(length * width))];
        return TensorData.FromDoubles(rows, data.ElementType, rows.Length / width, width);
    }
}
