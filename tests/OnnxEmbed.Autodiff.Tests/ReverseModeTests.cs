using OnnxEmbed.Onnx.Building;
using OnnxEmbed.Tensors;
using OnnxEmbed.TestKit.Gradients;

namespace OnnxEmbed.Autodiff.Tests;

/// <summary>The walker: fan-out, pruning, shapes of gradients, and what it says when it cannot go on.</summary>
public class ReverseModeTests
{
    private readonly GraphBuilder _graph = new("walker", opset: 20);

    [Fact]
    public void Differentiate_ValueUsedSeveralTimes_SumsItsCotangents()
    {
        GradientCase row = new(
            "fan-out",
            [new GradientInput(Domain.Real, "B", 4), new GradientInput(Domain.Real, 4, 4)],
            (g, x) =>
            {
                Value h = g.Tanh(g.MatMul(x[0], x[1]));
                Value again = g.Add(g.MatMul(h, x[1]), g.Mul(h, h));
                return [g.Add(again, x[0]), g.ReduceSum(h, keepDims: true, 0), g.Sub(h, g.Sigmoid(again))];
            });
        Assert.InRange(GradientCheck.Run(row), 0, 1e-8);
    }

    [Fact]
    public void Differentiate_LazyAndFullCotangentsMeet_SumsThem()
    {
        // One use of h passes an extent of 1 back, another the full shape, a third a scalar.
        GradientCase row = new(
            "lazy fan-out",
            [new GradientInput(Domain.Real, "B", "S", 4)],
            (g, x) =>
            {
                Value h = g.Exp(x[0]);
                return [g.ReduceMean(h, keepDims: true, 1), g.Mul(h, x[0]), g.Node("ReduceSum", [h], ("keepdims", 0))];
            });
        Assert.InRange(GradientCheck.Run(row), 0, 1e-8);
    }

    [Fact]
    public void Differentiate_OnlyLowRankFactors_EmitsNothingForFrozenWeights()
    {
        Value x = X("x", "B", 8), first = X("w1", 8, 8), second = X("w2", 8, 8), a = X("lora_a", 2, 8), b = X("lora_b", 8, 2);
        Value h = _graph.Tanh(_graph.Gemm(x, first, transB: true));
        Value frozen = _graph.Gemm(h, second, transB: true);
        Value y = _graph.Add(frozen, _graph.Gemm(_graph.Gemm(h, a, transB: true), b, transB: true));
        IReadOnlyList<GraphNode> added = Gradient(y, a, b);

        // Two products for the factors and one that carries the cotangent through B; nothing of the layers below and no weight gradient.
        Assert.Equal(3, added.Count(node => node.OpType == "Gemm"));
        Assert.DoesNotContain(added, node => node.Inputs.Contains(first) || node.Inputs.Contains(second) || node.Inputs.Contains(x));
        Assert.DoesNotContain(added, node => node.OpType is "Tanh" or "MatMul");
    }

    [Fact]
    public void Differentiate_ParameterHighInTheGraph_StopsThere()
    {
        Value x = X("x", "B", 8), low = X("low", 8, 8), high = X("high", 8, 8);
        Value h = _graph.Softmax(_graph.MatMul(x, low));
        IReadOnlyList<GraphNode> added = Gradient(_graph.MatMul(h, high), high);
        Assert.Single(added, node => node.OpType is "Gemm" or "MatMul");
    }

    [Fact]
    public void Differentiate_PathThroughAnAttentionBlock_LeavesNoNodeUnused()
    {
        Value x = X("x", "B", "S", 8), w = X("w", 8, 8), scale = X("scale", 8), bias = X("bias", 8);
        Value normal = _graph.LayerNormalization(x, scale, bias, 1e-5);
        Value q = _graph.MatMul(normal, w);
        Value attention = _graph.MatMul(_graph.Softmax(_graph.MatMul(q, _graph.TransposeLast(normal))), normal);
        IReadOnlyList<GraphNode> added = Gradient(attention, w, scale, bias);
        HashSet<Value> needed = [.. _graph.Outputs];
        foreach (GraphNode node in added.Reverse())
        {
            Assert.True(node.Outputs.Any(output => output is not null && needed.Contains(output)), $"{node} is used by nothing");
            needed.UnionWith(node.Inputs.OfType<Value>());
        }
    }

    [Fact]
    public void Differentiate_Gradients_HaveTheParametersShapeTypeAndScope()
    {
        Value x = X("x", "B", "S", 4), w = X("w", 4, 3), bias = X("bias", 3), gain = X("gain");
        Value y = _graph.Mul(_graph.Add(_graph.MatMul(x, w), bias), gain);
        Value loss = _graph.Node("ReduceSum", [y], ("keepdims", 0));
        _graph.Scope = "model/";
        IReadOnlyDictionary<string, Value> gradients = ReverseMode.Differentiate(_graph, loss, [w, bias, gain, x]);
        foreach (Value parameter in (Value[])[w, bias, gain, x])
        {
            Assert.Equal(parameter.Shape, gradients[parameter.Name].Shape);
            Assert.Equal(parameter.Type, gradients[parameter.Name].Type);
        }

        Assert.Equal("model/", _graph.Scope);
        Assert.Contains(_graph.Nodes, node => node.Proto.Name.StartsWith("model/gradient/", StringComparison.Ordinal));
    }

    [Fact]
    public void Differentiate_SameGraphTwice_GivesTheSameBytes()
    {
        Assert.Equal(Bytes(), Bytes());

        static byte[] Bytes()
        {
            GraphBuilder graph = new("twice");
            Value x = graph.Input("x", ElementType.Float32, "B", 4), w = graph.Input("w", ElementType.Float32, 4, 4);
            Value loss = graph.Node("ReduceSum", [graph.Softmax(graph.MatMul(graph.Tanh(graph.MatMul(x, w)), w))], ("keepdims", 0));
            foreach (Value gradient in ReverseMode.Differentiate(graph, loss, [w, x]).Values)
            {
                graph.Output(gradient);
            }

            return graph.ToBytes();
        }
    }

    [Fact]
    public void Differentiate_OperatorWithoutRule_NamesOperatorOpsetNodeAndPath()
    {
        Value w = X("layer.0.weight", 4, 4), x = X("x", "B", 4);
        Value hidden = _graph.MatMul(x, w);
        Value sums = _graph.Node("CumSum", [hidden, _graph.Int64(1)]);
        UnsupportedOperatorException exception = Assert.Throws<UnsupportedOperatorException>(() => Gradient(_graph.Tanh(sums), w));
        string node = _graph.Nodes.Single(candidate => candidate.OpType == "CumSum").Proto.Name;
        string product = _graph.Nodes.First(candidate => candidate.OpType == "MatMul").Proto.Name;
        Assert.Equal("CumSum", exception.OpType);
        Assert.Equal(node, exception.NodeName);
        Assert.Equal($"parameter layer.0.weight > MatMul \"{product}\" > CumSum \"{node}\"", exception.Path);
        Assert.Contains("CumSum (opset 20)", exception.Message, StringComparison.Ordinal);
        Assert.Contains(exception.Path, exception.Message, StringComparison.Ordinal);
        Assert.Contains("rules exist for Add, Sub", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Differentiate_OperatorWithoutRuleAsideOfThePath_IsNoObstacle()
    {
        Value w = X("w", 4), x = X("x", "B", 4);
        Value positions = _graph.Node("CumSum", [x, _graph.Int64(1)]);
        Gradient(_graph.Mul(positions, w), w);
    }

    [Fact]
    public void Differentiate_BoundOfClipDependsOnParameter_SaysSo()
    {
        Value x = X("x", 4), bound = X("bound");
        UnsupportedOperatorException exception = Assert.Throws<UnsupportedOperatorException>(() =>
            Gradient(_graph.Node("Clip", [x, bound]), x, bound));
        Assert.Contains("bound of Clip", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Differentiate_SliceWithSteps_SaysSo()
    {
        Value x = X("x", 6);
        Value every = _graph.Node("Slice", [x, _graph.Int64s(0), _graph.Int64s(6), _graph.Int64s(0), _graph.Int64s(2)]);
        Assert.Contains("steps of 1", Assert.Throws<UnsupportedOperatorException>(() =>
            Gradient(every, x)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Differentiate_StatisticsOfLayerNormalizationInTheLoss_SaysSo()
    {
        Value x = X("x", "B", 4), scale = X("scale", 4);
        Value[] outputs = _graph.NodeWithOutputs("LayerNormalization", [x, scale], 3);
        UnsupportedOperatorException exception = Assert.Throws<UnsupportedOperatorException>(() =>
            Gradient(_graph.Add(outputs[0], outputs[1]), x));
        Assert.Contains("Mean and InvStdDev", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Differentiate_GatherInAnOldOpset_SaysWhichOneItNeeds()
    {
        GraphBuilder graph = new("old", opset: 13);
        Value table = graph.Input("table", ElementType.Float32, 5, 2);
        Value loss = graph.Node("ReduceSum", [graph.Gather(table, graph.Int64s(1, 1))], ("keepdims", 0));
        UnsupportedOperatorException exception = Assert.Throws<UnsupportedOperatorException>(() =>
            ReverseMode.Differentiate(graph, loss, [table]));
        Assert.Contains("opset 16", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Differentiate_LossIsNoSingleNumber_SaysWhatItIs()
    {
        Value x = X("x", "B", 4);
        GraphException exception = Assert.Throws<GraphException>(() => ReverseMode.Differentiate(_graph, _graph.Tanh(x), [x]));
        Assert.Contains("single number", exception.Message, StringComparison.Ordinal);
        Assert.Contains("[B, 4]", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Differentiate_LossDependsOnSomeParametersOnly_NamesTheOthers()
    {
        Value x = X("x", 4), unused = X("unused", 4), flat = X("flat", 4);
        Value loss = _graph.Node("ReduceSum", [_graph.Add(x, _graph.Node("Floor", [flat]))], ("keepdims", 0));
        GraphException exception = Assert.Throws<GraphException>(() => ReverseMode.Differentiate(_graph, loss, [x, unused, flat]));
        Assert.Contains("unused, flat", exception.Message, StringComparison.Ordinal);
    }

    private Value X(string name, params IEnumerable<Dim> shape) => _graph.Input(name, ElementType.Float32, shape);

    private IReadOnlyList<GraphNode> Gradient(Value y, params Value[] parameters)
    {
        Value loss = _graph.Node("ReduceSum", [y], ("keepdims", 0));
        int before = _graph.Nodes.Count;
        foreach (Value gradient in ReverseMode.Differentiate(_graph, loss, parameters).Values)
        {
            _graph.Output(gradient);
        }

        return [.. _graph.Nodes.Skip(before)];
    }
}
