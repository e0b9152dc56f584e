using OnnxEmbed.Onnx.Schema;
using OnnxEmbed.Tensors;

namespace OnnxEmbed.Onnx.Building;

/// <summary>
/// Types, shapes and small integer contents of a node's outputs from its inputs, for the standard operators of transformer graphs
/// (https://github.com/onnx/onnx/blob/v1.17.0/docs/Operators.md). The table is read at a glance; the rules lie beside it by family.
/// </summary>
internal static partial class ShapeInference
{
    private static readonly Dictionary<string, Func<InferenceContext, Inferred[]>> Rules = new(StringComparer.Ordinal)
    {
        // elementwise, one operand
        ["Abs"] = c => c.Same(),
        ["Neg"] = c => c.Same(),
        ["Exp"] = c => c.Same(),
        ["Log"] = c => c.Same(),
        ["Sqrt"] = c => c.Same(),
        ["Reciprocal"] = c => c.Same(),
        ["Erf"] = c => c.Same(),
        ["Tanh"] = c => c.Same(),
        ["Sigmoid"] = c => c.Same(),
        ["Relu"] = c => c.Same(),
        ["LeakyRelu"] = c => c.Same(),
        ["Elu"] = c => c.Same(),
        ["Softplus"] = c => c.Same(),
        ["Gelu"] = c => c.Same(),
        ["Mish"] = c => c.Same(),
        ["HardSigmoid"] = c => c.Same(),
        ["HardSwish"] = c => c.Same(),
        ["Sin"] = c => c.Same(),
        ["Cos"] = c => c.Same(),
        ["Sign"] = c => c.Same(),
        ["Floor"] = c => c.Same(),
        ["Ceil"] = c => c.Same(),
        ["Round"] = c => c.Same(),
        ["Not"] = c => c.Same(),
        ["Identity"] = c => [new Inferred(c.Input(0).Type, c.Input(0).Shape, c.Contents(0))],
        ["Clip"] = c => c.Same(),
        ["Softmax"] = c => c.Same(),
        ["LogSoftmax"] = c => c.Same(),
        ["CumSum"] = c => c.Same(),
        ["Trilu"] = c => c.Same(),
        ["IsNaN"] = c => c.Same(ElementType.Bool),
        ["IsInf"] = c => c.Same(ElementType.Bool),
        ["Cast"] = Cast,
        ["Dropout"] = Dropout,
        ["LayerNormalization"] = LayerNormalization,

        // elementwise, several operands
        ["Add"] = Arithmetic,
        ["Sub"] = Arithmetic,
        ["Mul"] = Arithmetic,
        ["Div"] = Arithmetic,
        ["Mod"] = Arithmetic,
        ["Pow"] = c => [new Inferred(c.Input(0).Type, c.Broadcast(c.Input(0), c.Input(1)))],
        ["Min"] = Variadic,
        ["Max"] = Variadic,
        ["Sum"] = Variadic,
        ["Mean"] = Variadic,
        ["Equal"] = Comparison,
        ["Less"] = Comparison,
        ["LessOrEqual"] = Comparison,
        ["Greater"] = Comparison,
        ["GreaterOrEqual"] = Comparison,
        ["And"] = Comparison,
        ["Or"] = Comparison,
        ["Xor"] = Comparison,
        ["Where"] = c => [new Inferred(c.Input(1).Type, c.Broadcast(c.Input(0), c.Input(1), c.Input(2)))],

        // products
        ["MatMul"] = MatMul,
        ["Gemm"] = Gemm,

        // reductions
        ["ReduceSum"] = c => Reduce(c, axesInputSince: 13),
        ["ReduceMean"] = c => Reduce(c, axesInputSince: 18),
        ["ReduceMax"] = c => Reduce(c, axesInputSince: 18),
        ["ReduceMin"] = c => Reduce(c, axesInputSince: 18),
        ["ReduceProd"] = c => Reduce(c, axesInputSince: 18),
        ["ReduceL1"] = c => Reduce(c, axesInputSince: 18),
        ["ReduceL2"] = c => Reduce(c, axesInputSince: 18),
        ["ReduceSumSquare"] = c => Reduce(c, axesInputSince: 18),
        ["ReduceLogSumExp"] = c => Reduce(c, axesInputSince: 18),
        ["ArgMax"] = ArgReduce,
        ["ArgMin"] = ArgReduce,

        // layout
        ["Reshape"] = Reshape,
        ["Flatten"] = Flatten,
        ["Transpose"] = Transpose,
        ["Unsqueeze"] = Unsqueeze,
        ["Squeeze"] = Squeeze,
        ["Expand"] = Expand,
        ["Tile"] = Tile,
        ["Concat"] = Concat,
        ["Split"] = Split,
        ["Slice"] = Slice,
        ["Pad"] = Pad,

        // indexing
        ["Gather"] = Gather,
        ["GatherElements"] = c => [new Inferred(c.Input(0).Type, c.Input(1).Shape)],
        ["GatherND"] = GatherNd,
        ["ScatterElements"] = c => c.Same(),
        ["ScatterND"] = c => c.Same(),
        ["OneHot"] = OneHot,

        // tensors from shapes and constants
        ["Shape"] = ShapeOf,
        ["Size"] = c => [new Inferred(ElementType.Int64, SymbolicShape.Scalar, [c.Input(0).Shape.ElementCount])],
        ["Constant"] = Constant,
        ["ConstantOfShape"] = ConstantOfShape,
        ["Range"] = Range,
    };

    /// <summary>Operators that shapes pass through.</summary>
    public static IReadOnlyCollection<string> Operators => Rules.Keys;

    /// <summary>Whether shapes pass through the operator.</summary>
    public static bool Knows(string opType) => Rules.ContainsKey(opType);

    /// <summary>Infers the outputs of one node.</summary>
    /// <exception cref="GraphException">The operator is not in the table, or its operands do not fit.</exception>
    public static Inferred[] Infer(NodeProto node, IReadOnlyList<Value?> inputs, int opset, Func<Dim> fresh)
    {
        InferenceContext context = new(node, inputs, opset, fresh);
        if (node.Domain is not ("" or "ai.onnx"))
        {
            throw context.Fault($"shapes pass through standard ONNX operators only, got domain {node.Domain}");
        }

        if (!Rules.TryGetValue(node.OpType, out Func<InferenceContext, Inferred[]>? rule))
        {
            throw context.Fault($"shapes do not pass through this operator yet; known are {string.Join(", ", Rules.Keys.Order(StringComparer.Ordinal))}");
        }

        try
        {
            return rule(context);
        }
        catch (Exception e) when (e is OverflowException or ArgumentException or InvalidOperationException or IndexOutOfRangeException)
        {
            // Extents beyond 2^63, attributes and operands that no operator has: a rule trusts what a file may not keep.
            throw context.Fault($"needs attributes and operands that fit each other: {e.Message.ReplaceLineEndings(" ")}");
        }
    }
}
