using OnnxEmbed.Onnx.Building;
using OnnxEmbed.Tensors;
using OnnxEmbed.TestKit.Comparing;
using OnnxEmbed.TestKit.Gradients;

namespace OnnxEmbed.Autodiff.Tests.Gradients;

/// <summary>
/// Gradients at ties, zeros and extremes, where finite differences say nothing: the choices are pinned here. The cotangent is 1 everywhere.
/// </summary>
public class SpecialValueTests
{
    private const double Infinity = double.PositiveInfinity;

    private static readonly Row[] Rows =
    [
        // kinks
        new("Relu at 0 is flat", [-1, 0, -0.0, 1], [0, 0, 0, 1], (g, x) => g.Relu(x)),
        new("LeakyRelu at 0 takes the negative side", [-1, 0, 1], [0.25, 0.25, 1], (g, x) => g.Node("LeakyRelu", [x], ("alpha", 0.25))),
        new("Abs at 0 is flat", [-2, 0, 3], [-1, 0, 1], (g, x) => g.Node("Abs", [x])),
        new("Clip passes at its bounds", [-2, -1, 0, 1, 2], [0, 1, 1, 1, 0], (g, x) => g.Node("Clip", [x, g.Scalar(-1), g.Scalar(1)])),

        // ties
        new("Max of equal operands shares", [1, 1, 2], [0.5, 0.5, 1], (g, x) => g.Node("Max", [x, g.Scalar(1)])),
        new("Min of equal operands shares", [1, 1, 2], [0.5, 0.5, 0], (g, x) => g.Node("Min", [x, g.Scalar(1)])),
        new("Max of three equal operands", [1, 0], [1.0 / 3, 0], (g, x) => g.Node("Max", [g.Scalar(1), x, g.Scalar(1)])),
        new("Max of a value with itself", [1, -1], [1, 1], (g, x) => g.Node("Max", [x, x])),
        new("ReduceMax shares among ties", [3, 1, 3, 3], [1.0 / 3, 0, 1.0 / 3, 1.0 / 3], (g, x) => g.ReduceMax(x, false, 0)),
        new("ReduceMin shares among ties", [3, 1, 1, 3], [0, 0.5, 0.5, 0], (g, x) => g.Node("ReduceMin", [x])),

        // zeros
        new("ReduceL2 of zeros is flat", [0, 0, 0], [0, 0, 0], (g, x) => g.Node("ReduceL2", [x])),
        new("ReduceSumSquare of zeros is flat", [0, 0], [0, 0], (g, x) => g.Node("ReduceSumSquare", [x])),
        new("Pow 2 at 0 is flat", [0, -3], [0, -6], (g, x) => g.Node("Pow", [x, g.Scalar(2)])),
        new("Pow 3 at 0 is flat", [0, -1], [0, 3], (g, x) => g.Node("Pow", [x, g.Scalar(3)])),
        new("Pow 1 at 0 has slope 1", [0, -1], [1, 1], (g, x) => g.Node("Pow", [x, g.Scalar(1)])),
        new("Sqrt at 0 is infinitely steep", [0, 4], [Infinity, 0.25], (g, x) => g.Sqrt(x)),
        new("Mul by 0 on both sides", [0, 0], [0, 0], (g, x) => g.Mul(x, x)),
        new("norm with a floor at zero length", [0, 0], [1e6, 1e6], (g, x) =>
            g.Div(x, g.ClipMin(g.Node("ReduceL2", [x]), 1e-6))),

        // extremes: saturation without overflow or NaN
        new("Tanh saturates", [-800, 0, 800], [0, 1, 0], (g, x) => g.Tanh(x)),
        new("Sigmoid saturates", [-800, 0, 800], [0, 0.25, 0], (g, x) => g.Sigmoid(x)),
        new("Softplus saturates", [-800, 0, 800], [0, 0.5, 1], (g, x) => g.Node("Softplus", [x])),
        new("Gelu saturates", [-40, 0, 40], [0, 0.5, 1], (g, x) => g.Node("Gelu", [x])),
        new("Gelu by tanh saturates", [-40, 0, 40], [0, 0.5, 1], (g, x) => g.Node("Gelu", [x], ("approximate", "tanh"))),
        new("Mish saturates", [-800, 0, 40], [0, 0.6, 1], (g, x) => g.Node("Mish", [x])),
        new("Erf saturates", [-30, 0, 30], [0, 2 / Math.Sqrt(Math.PI), 0], (g, x) => g.Erf(x)),
        new("Exp underflows", [-800, 0], [0, 1], (g, x) => g.Exp(x)),
        new("Softmax with a masked and a dominant entry", [-1e9, 0, 900], [0, 0, 0], (g, x) => g.Softmax(x)),
        new("Softmax with an entry at -∞", [-Infinity, 0, 0], [0, 0, 0], (g, x) => g.Softmax(x)),
        new("LogSoftmax of the right answer far ahead", [0, 900], [0, 0], (g, x) => g.Slice(g.LogSoftmax(x), 0, 1, 2)),
        new("LogSoftmax of a wrong answer far behind", [0, 900], [1, -1], (g, x) => g.Slice(g.LogSoftmax(x), 0, 0, 1)),
        new("ReduceLogSumExp of large numbers", [900, 900, -900], [0.5, 0.5, 0], (g, x) => g.Node("ReduceLogSumExp", [x])),
        new("LayerNormalization of a constant row", [2, 2, 2, 2], [0, 0, 0, 0], (g, x) =>
            g.LayerNormalization(x, g.Initializer("scale", Ones(4)), g.Initializer("bias", Ones(4)), 1e-5)),
        new("Where ignores the branch not taken", [-1, 4], [0, 1], (g, x) => g.Where(g.Greater(x, g.Scalar(0)), x, g.Scalar(7))),
    ];

    public static TheoryData<string> Names => [.. Rows.Select(row => row.Name)];

    [Theory]
    [MemberData(nameof(Names))]
    public void Differentiate_SpecialPoint_GivesThePinnedGradient(string name)
    {
        Row row = Rows.Single(candidate => candidate.Name == name);
        GraphBuilder graph = new("special", opset: 20);
        Value x = graph.Input("x", ElementType.Float32, row.X.Length);
        using DifferentiatedGraph differentiated = new(graph, [row.Build(graph, x)], [x]);
        Dictionary<string, TensorData> point = new() { ["x"] = TensorData.From<double>(row.X, row.X.Length) };
        TensorData[] ones = [.. differentiated.Forward(point).Select(y =>
            TensorData.From<double>(Enumerable.Repeat(1.0, (int)y.ElementCount).ToArray(), [.. y.Shape]))];
        double[] gradient = differentiated.Backward(point, ones).Gradients["x"].ToArray<double>();

        // Constants of the rules stand in the graph in single precision.
        TensorAssert.Close(row.Expected, gradient, new Tolerance(1e-9, 1e-7), name);
    }

    private static TensorData Ones(int count) => TensorData.From<float>(Enumerable.Repeat(1f, count).ToArray(), count);

    private sealed record Row(string Name, double[] X, double[] Expected, Func<GraphBuilder, Value, Value> Build);
}
