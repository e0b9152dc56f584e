using OnnxEmbed.Kernels.Products;
using OnnxEmbed.Kernels.Rows;
using OnnxEmbed.Onnx.Building;
using OnnxEmbed.Onnx.Schema;
using OnnxEmbed.Tensors;

namespace OnnxEmbed.Kernels.Rewriting;

/// <summary>
/// Small groups of nodes that stand for one operation: halves of a row exchanged, and products of batches of matrices whose transpositions
/// need not move anything, since the kernel reads and writes by strides.
/// </summary>
internal sealed class Patterns
{
    private const int BatchedRank = 4;

    private readonly GraphNode?[] _nodes;
    private readonly Dictionary<Value, int> _producers = [];
    private readonly Dictionary<Value, List<int>> _consumers = [];
    private readonly HashSet<Value> _outputs;

    private Patterns(GraphBuilder graph)
    {
        _nodes = [.. graph.Nodes];
        _outputs = [.. graph.Outputs];
        for (int i = 0; i < _nodes.Length; i++)
        {
            foreach (Value output in _nodes[i]!.Outputs.OfType<Value>())
            {
                _producers.Add(output, i);
            }

            foreach (Value input in _nodes[i]!.Inputs.OfType<Value>().Distinct())
            {
                if (!_consumers.TryGetValue(input, out List<int>? list))
                {
                    _consumers.Add(input, list = []);
                }

                list.Add(i);
            }
        }
    }

    /// <summary>The graph's nodes with such groups replaced, without nodes that nothing uses any more.</summary>
    public static GraphNode[] Apply(GraphBuilder graph)
    {
        Patterns patterns = new(graph);
        for (int i = 0; i < patterns._nodes.Length; i++)
        {
            patterns.Swap(i);
            patterns.Batched(i);
        }

        return patterns.Live();
    }

    /// <summary>Concat(second, first) of Split(x) into equal halves of the last axis.</summary>
    private void Swap(int index)
    {
        if (_nodes[index] is not { OpType: "Concat", Inputs: [{ } second, { } first] } concat || concat.Outputs[0]!.Type != ElementType.Float32
            || !IsLast(concat.Proto.GetInt("axis", 0), concat.Outputs[0]!)
            || !_producers.TryGetValue(first, out int maker) || _nodes[maker] is not { OpType: "Split", Outputs: [{ } low, { } high] } split
            || low != first || high != second || !IsLast(split.Proto.GetInt("axis", 0), split.Input(0))
            || !low.Shape.Equals(high.Shape) || !low.Shape.At(-1).IsKnown || low.Rank < 2 || low.Rank - 1 > RowOperand.MostAxes)
        {
            return;
        }

        NodeProto proto = new() { Domain = KernelOperators.Domain, OpType = nameof(RowOperation.SwapHalves), Name = concat.Proto.Name };
        proto.Input.Add(split.Input(0).Name);
        proto.Output.Add(concat.Outputs[0]!.Name);
        _nodes[index] = new GraphNode(proto, [split.Input(0)], [concat.Outputs[0]]);
    }

    private void Batched(int index)
    {
        if (!Product.IsSupported || _nodes[index] is not { OpType: "MatMul" } node || node.Outputs[0] is not { Type: ElementType.Float32, Rank: BatchedRank } output
            || node.Input(0).Rank != BatchedRank || node.Input(1).Rank != BatchedRank
            || !node.Input(0).Shape.Take(2).SequenceEqual(node.Input(1).Shape.Take(2)))
        {
            return;
        }

        (Value a, string orderA) = Untransposed(node.Input(0));
        (Value b, string orderB) = Untransposed(node.Input(1));
        string order = "0123";
        if (!_outputs.Contains(output) && _consumers.GetValueOrDefault(output) is [int only] && _nodes[only] is { OpType: "Transpose" } after)
        {
            order = Order(after);
            output = after.Outputs[0]!;
            _nodes[only] = null;
        }

        NodeProto proto = new() { Domain = KernelOperators.Domain, OpType = BatchedProductKernel.Name, Name = $"{node.Proto.Name}/{BatchedProductKernel.Name}" };
        proto.Input.AddRange([a.Name, b.Name]);
        proto.Output.Add(output.Name);
        proto.Attribute.AddRange([Attributes.Create("a", orderA), Attributes.Create("b", orderB), Attributes.Create("c", order)]);
        _nodes[index] = new GraphNode(proto, [a, b], [output]);
        _producers[output] = index;
    }

    /// <summary>What a value is a transposition of, and the order of axes that makes it so.</summary>
    private (Value Value, string Order) Untransposed(Value value)
    {
        string order = "0123";
        while (_producers.TryGetValue(value, out int maker) && _nodes[maker] is { OpType: "Transpose" } transpose)
        {
            string inner = Order(transpose);
            order = string.Concat(order.Select(axis => inner[axis - '0']));
            value = transpose.Input(0);
        }

        return (value, order);
    }

    private static string Order(GraphNode transpose) =>
        string.Concat(transpose.Proto.GetInts("perm") is { } axes ? axes : Enumerable.Range(0, BatchedRank).Reverse().Select(axis => (long)axis));

    private GraphNode[] Live()
    {
        HashSet<Value> needed = [.. _outputs];
        List<GraphNode> live = [];
        foreach (GraphNode node in _nodes.Reverse().OfType<GraphNode>())
        {
            if (node.Outputs.Any(output => output is not null && needed.Contains(output)))
            {
                live.Add(node);
                needed.UnionWith(node.Inputs.OfType<Value>());
            }
        }

        live.Reverse();
        return [.. live];
    }

    private static bool IsLast(long axis, Value value) => axis == -1 || axis == value.Rank - 1;
}
