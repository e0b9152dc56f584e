using OnnxEmbed.Kernels.Rows;
using OnnxEmbed.Onnx.Building;
using OnnxEmbed.Tensors;

namespace OnnxEmbed.Kernels.Rewriting;

/// <summary>Which standard operators a row program can carry out, and by which instructions.</summary>
internal static class RowRules
{
    /// <summary>Operator that stands for a Split into halves and a Concat of them the other way round.</summary>
    public const string SwapHalves = KernelOperators.Domain + "." + nameof(RowOperation.SwapHalves);

    private static readonly Dictionary<string, RowOperation> BinaryOperators = new(StringComparer.Ordinal)
    {
        ["Add"] = RowOperation.Add,
        ["Sub"] = RowOperation.Subtract,
        ["Mul"] = RowOperation.Multiply,
        ["Div"] = RowOperation.Divide,
    };

    private static readonly Dictionary<string, RowOperation> UnaryOperators = new(StringComparer.Ordinal)
    {
        ["Neg"] = RowOperation.Negate,
        ["Sqrt"] = RowOperation.Sqrt,
        ["Exp"] = RowOperation.Exp,
        ["Log"] = RowOperation.Log,
        ["Sigmoid"] = RowOperation.Sigmoid,
        ["Tanh"] = RowOperation.Tanh,
        ["Erf"] = RowOperation.Erf,
        ["Reciprocal"] = RowOperation.Reciprocal,
        ["Abs"] = RowOperation.Abs,
        [SwapHalves] = RowOperation.SwapHalves,
    };

    /// <summary>The rows that a node works along, or null where no program can carry it out.</summary>
    public static RowDomain? DomainOf(GraphNode node, GraphBuilder graph)
    {
        if (node.Outputs is not [{ Type: ElementType.Float32 } output] || node.Inputs.Count == 0 || node.Input(0).Type != ElementType.Float32)
        {
            return null;
        }

        switch (node.OpType)
        {
            case "ReduceSum" or "ReduceMean":
                return ReducesRows(node) && RowDomain.Of(node.Input(0)) is { Width: not null } reduced ? reduced : null;
            case SwapHalves:
                return RowDomain.Of(output);
            case "Softmax":
                return IsLast(node.Proto.GetInt("axis", -1), output) && RowDomain.Of(output) is { Width: not null } whole ? whole : null;
            case "Pow" when Square(node, graph):
                return RowDomain.Of(output);
            default:
                bool known = BinaryOperators.ContainsKey(node.OpType) || UnaryOperators.ContainsKey(node.OpType) || node.OpType == "Sum";
                return known && RowDomain.Of(output) is { } domain && node.Inputs.All(input => domain.CanRead(input!)) ? domain : null;
        }
    }

    /// <summary>Values that the program of a node reads, where not all its inputs.</summary>
    public static IEnumerable<Value> Reads(GraphNode node) => node.OpType switch
    {
        "ReduceSum" or "ReduceMean" or "Pow" => [node.Input(0)],
        _ => node.Inputs.OfType<Value>(),
    };

    /// <summary>Whether each element of the result depends on the same place of the operands only.</summary>
    public static bool IsElementwise(GraphNode node) => node.OpType is not ("ReduceSum" or "ReduceMean" or "Softmax" or SwapHalves);

    public static void Emit(GraphNode node, RowEmitter to)
    {
        int a = to[node.Input(0)];
        to.Define(node.Outputs[0]!, node.OpType switch
        {
            "ReduceSum" => to.Emit(RowOperation.RowSum, a),
            "ReduceMean" => to.Emit(RowOperation.RowMean, a),
            "Pow" => to.Emit(RowOperation.Multiply, a, a),
            "Sum" => node.Inputs.Skip(1).Aggregate(a, (sum, input) => to.Emit(RowOperation.Add, sum, to[input!])),
            "Softmax" => Softmax(a, to),
            _ when UnaryOperators.TryGetValue(node.OpType, out RowOperation unary) => to.Emit(unary, a),
            _ => to.Emit(BinaryOperators[node.OpType], a, to[node.Input(1)]),
        });
    }

    private static int Softmax(int a, RowEmitter to)
    {
        int shifted = to.Emit(RowOperation.Subtract, a, to.Emit(RowOperation.RowMax, a));
        int powers = to.Emit(RowOperation.Exp, shifted);
        return to.Emit(RowOperation.Divide, powers, to.Emit(RowOperation.RowSum, powers));
    }

    private static bool Square(GraphNode node, GraphBuilder graph) =>
        graph.Tensors.TryGetValue(node.Input(1).Name, out TensorData? exponent) && exponent.ElementCount == 1
        && exponent.ElementType == ElementType.Float32 && exponent.ToArray<float>()[0] == 2;

    private static bool ReducesRows(GraphNode node)
    {
        if (node.Proto.GetInt("keepdims", 1) == 0)
        {
            return false;
        }

        long[]? axes = node.OptionalInput(1) is { } input ? input.Contents?.Select(dim => dim.IsKnown ? dim.Value : 0).ToArray()
            : node.Proto.GetInts("axes");
        return axes is [long axis] && IsLast(axis, node.Input(0));
    }

    private static bool IsLast(long axis, Value value) => axis == -1 || axis == value.Rank - 1;
}
