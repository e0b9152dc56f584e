using OnnxEmbed.Onnx.Building;
using OnnxEmbed.Tensors;
using OnnxEmbed.TestKit.Gradients;
using static OnnxEmbed.Autodiff.Tests.Gradients.Rows;

namespace OnnxEmbed.Autodiff.Tests.Gradients;

/// <summary>Rows for arithmetic, activations and operators that choose.</summary>
internal static class ElementwiseRows
{
    public static IEnumerable<GradientCase> All => [.. Arithmetic(), .. Activations(), .. Selection()];

    private static IEnumerable<GradientCase> Arithmetic() =>
    [
        .. Binary("Add", Domain.Real, Domain.Real),
        .. Binary("Sub", Domain.Real, Domain.Real),
        .. Binary("Mul", Domain.Real, Domain.Real),
        .. Binary("Div", Domain.Real, Domain.NonZero),
        .. Binary("Pow", Domain.Positive, Domain.Real),
        .. Binary("Sum", Domain.Real, Domain.Real),
        .. Binary("Mean", Domain.Real, Domain.Real),
        .. Unary("Neg", Domain.Real),
        .. Unary("Abs", Domain.NonZero),
        .. Unary("Sqrt", Domain.Positive),
        .. Unary("Reciprocal", Domain.NonZero),
        .. Unary("Exp", Domain.Real),
        .. Unary("Log", Domain.Positive),
        .. Unary("Sin", Domain.Real),
        .. Unary("Cos", Domain.Real),
        .. Unary("Identity", Domain.Real),
        .. Unary("Cast", Domain.Real, (g, x) => g.Cast(g.Cast(x, ElementType.Float64), ElementType.Float32)),
        Row("Mul: with itself", [X(Domain.Real, 2, 3)], (g, x) => g.Mul(x[0], x[0])),
        Row("Mul: with itself under a sum", [X(Domain.Real, 2, 3)], (g, x) => g.ReduceSum(g.Mul(x[0], x[0]), true, 1)),
        Row("Add: with itself", [X(Domain.Real, 2, 3)], (g, x) => g.Add(x[0], x[0])),
        Row("Sub: from itself and more", [X(Domain.Real, 2, 3)], (g, x) => g.Sub(g.Mul(x[0], x[0]), x[0])),
        Row("Div: by itself plus one", [X(Domain.Positive, 2, 3)], (g, x) => g.Div(x[0], g.Add(x[0], 1))),
        Row("Pow: square by a constant", [X(Domain.Real, "B", 3)], (g, x) => g.Node("Pow", [x[0], g.Scalar(2)])),
        Row("Pow: cube of numbers of either sign", [X(Domain.NonZero, "B", 3)], (g, x) => g.Node("Pow", [x[0], g.Scalar(3)])),
        Row("Pow: negative fraction", [X(Domain.Positive, 2, 3)], (g, x) => g.Node("Pow", [x[0], g.Scalar(-0.5)])),
        Row("Pow: integer exponents", [X(Domain.NonZero, 2, 3), X(Domain.Indices(1, 4), 2, 3)], (g, x) => g.Node("Pow", [x[0], x[1]])),
        Row("Pow: integer square", [X(Domain.Real, 2, 3)], (g, x) => g.Node("Pow", [x[0], g.Int64(2)])),
        Row("Pow: with itself", [X(Domain.Positive, 2, 3)], (g, x) => g.Node("Pow", [x[0], x[0]])),
        Row("Sum: one, three and repeated operands", [X(Domain.Real, 2, 3), X(Domain.Real, 3), X(Domain.Real)], (g, x) =>
            g.Node("Sum", [x[0], x[1], x[2], x[1], g.Node("Sum", [x[2]])])),
        Row("Mean: three operands", [X(Domain.Real, "B", 3), X(Domain.Real, 3), X(Domain.Real)], (g, x) => g.Node("Mean", x)),
        Row("Cast: back from double", [X(Domain.Real, 2, 3)], (g, x) =>
            g.Mul(g.Cast(g.Exp(g.Cast(x[0], ElementType.Float64)), ElementType.Float32), x[0])),
        Row("Cast: an integer copy is no path", [X(Domain.Real, 2, 3)], (g, x) =>
            g.Mul(x[0], g.Cast(g.Cast(g.Mul(x[0], 3), ElementType.Int64), ElementType.Float32))),
    ];

    private static IEnumerable<GradientCase> Activations() =>
    [
        .. Unary("Erf", Domain.Real),
        .. Unary("Tanh", Domain.Real),
        .. Unary("Sigmoid", Domain.Real),
        .. Unary("Relu", Domain.NonZero),
        .. Unary("LeakyRelu", Domain.NonZero),
        .. Unary("LeakyRelu", Domain.NonZero, (g, x) =>
            g.Node("LeakyRelu", [x], ("alpha", 0.2))).Select(row => row with { Name = row.Name + ", own alpha" }),
        .. Unary("Softplus", Domain.Real),
        .. Unary("Gelu", Domain.Real),
        .. Unary("Gelu", Domain.Real, (g, x) =>
            g.Node("Gelu", [x], ("approximate", "tanh"))).Select(row => row with { Name = row.Name + ", tanh" }),
        .. Unary("Mish", Domain.Real),
        Row("Erf: Gelu as BERT exports write it", [X(Domain.Real, "B", "S", 4)], (g, x) =>
            g.Mul(g.Mul(x[0], 0.5), g.Add(g.Erf(g.Mul(x[0], Math.Sqrt(0.5))), 1))),
        Row("Sigmoid: SiLU times a gate", [X(Domain.Real, "B", "S", 4), X(Domain.Real, "B", "S", 4)], (g, x) =>
            g.Mul(g.Mul(x[0], g.Sigmoid(x[0])), x[1])),
    ];

    private static IEnumerable<GradientCase> Selection() =>
    [
        .. Binary("Max", Domain.Between(-2, 2), Domain.Between(-2, 2)).Select(Apart),
        .. Binary("Min", Domain.Between(-2, 2), Domain.Between(-2, 2)).Select(Apart),
        .. Binary("Where", Domain.Real, Domain.Real, (g, a, b) =>
        {
            // The condition broadcasts by itself and depends on the values in a way that must not count.
            Value condition = g.Greater(g.Add(a, b), g.Scalar(0.123));
            return g.Where(condition, g.Mul(a, 2), b);
        }).Select(Apart),
        Row("Where: condition of lower rank", [X(Domain.Flags, "S", 1), X(Domain.Real, "B", "S", 4), X(Domain.Real)], (g, x) =>
            g.Where(x[0], x[1], x[2])),
        Row("Where: condition of higher rank", [X(Domain.Flags, 2, 3, 4), X(Domain.Real, 3, 1), X(Domain.Real, 4)], (g, x) =>
            g.Where(x[0], x[1], x[2])),
        Row("Max: three operands", [X(Domain.Distinct, 2, 3), X(Domain.Between(-2, 2), 3), X(Domain.Between(0.3, 0.31))], (g, x) =>
            g.Node("Max", x)),
        Row("Min: one operand", [X(Domain.Real, 2, 3)], (g, x) => g.Node("Min", x)),
        Row("Max: with a constant", [X(Domain.NonZero, "B", 3)], (g, x) => g.Node("Max", [x[0], g.Scalar(0.1)])),
        .. Unary("Clip", Domain.NonZero, (g, x) =>
            g.Node("Clip", [x, g.Scalar(-0.25), g.Scalar(1.25)])).Select(row => row with { Seed = 3 }),
        Row("Clip: lower bound only", [X(Domain.NonZero, "B", 3)], (g, x) => g.ClipMin(x[0], 0.1)),
        Row("Clip: upper bound only", [X(Domain.NonZero, "B", 3)], (g, x) => g.Node("Clip", [x[0], null, g.Scalar(0.1)])),
        Row("Clip: no bound", [X(Domain.Real, "B", 3)], (g, x) => g.Node("Clip", [x[0]])),
        Row("Clip: lower bound under a sum", [X(Domain.NonZero, "B", 3)], (g, x) => g.ReduceSum(g.ClipMin(x[0], 0.1), true, 1)),
        Steps("Floor"), Steps("Ceil"), Steps("Round"), Steps("Sign"),
    ];

    /// <summary>A step function adds nothing to the gradient of what it stands beside.</summary>
    private static GradientCase Steps(string op) =>
        Row($"{op}: beside a smooth path", [X(Domain.Between(0.1, 0.4), "B", 3)], (g, x) => g.Mul(x[0], g.Add(g.Node(op, [x[0]]), 2)));

    /// <summary>Random operands of a choice may lie closer than the step; with this seed none do, or the row would fail.</summary>
    private static GradientCase Apart(GradientCase row) => row with { Seed = 11 };
}
