using OnnxEmbed.Onnx.Building;

namespace OnnxEmbed.Autodiff.Gradients;

/// <summary>Activation functions y = f(x); each rule is g·f'(x), through y where that is cheaper.</summary>
internal static class Activations
{
    private static readonly double TwoOverSqrtPi = 2 / Math.Sqrt(Math.PI);
    private static readonly double OneOverSqrtTwoPi = 1 / Math.Sqrt(2 * Math.PI);
    private static readonly double SqrtTwoOverPi = Math.Sqrt(2 / Math.PI);

    /// <summary>erf' = 2/√π · e^(-x²).</summary>
    public static Func<Value>?[] Erf(GradientContext c) => Chain(c, (graph, x, _) =>
        graph.Mul(graph.Exp(graph.Neg(graph.Mul(x, x))), TwoOverSqrtPi));

    /// <summary>tanh' = 1 - y².</summary>
    public static Func<Value>?[] Tanh(GradientContext c) => Chain(c, (graph, _, y) => graph.SubFrom(1, graph.Mul(y, y)));

    /// <summary>σ' = y·(1 - y).</summary>
    public static Func<Value>?[] Sigmoid(GradientContext c) => Chain(c, (graph, _, y) => graph.Mul(y, graph.SubFrom(1, y)));

    /// <summary>1 where x &gt; 0, otherwise 0 (0 at 0).</summary>
    public static Func<Value>?[] Relu(GradientContext c) => Chain(c, (graph, x, _) =>
        graph.Cast(graph.Greater(x, graph.Scalar(0, x.Type)), x.Type));

    /// <summary>1 where x &gt; 0, otherwise alpha.</summary>
    public static Func<Value>?[] LeakyRelu(GradientContext c) => Chain(c, (graph, x, _) =>
        graph.Where(graph.Greater(x, graph.Scalar(0, x.Type)), graph.Scalar(1, x.Type), graph.Scalar(c.Float("alpha", 0.01f), x.Type)));

    /// <summary>ln(1 + eˣ)' = σ(x).</summary>
    public static Func<Value>?[] Softplus(GradientContext c) => Chain(c, (graph, x, _) => graph.Sigmoid(x));

    /// <summary>
    /// Gelu (arXiv:1606.08415, section 2): x·Φ(x) has the derivative Φ(x) + x·φ(x); the tanh form, with t = tanh u and
    /// u = √(2/π)·(x + 0.044715·x³), has ½·(1 + t) + ½·x·(1 - t²)·u'.
    /// </summary>
    public static Func<Value>?[] Gelu(GradientContext c) => Chain(c, (graph, x, _) =>
    {
        Value square = graph.Mul(x, x);
        if (c.Node.Proto.GetString("approximate", "none") == "tanh")
        {
            Value u = graph.Mul(graph.Mul(x, graph.Add(graph.Mul(square, 0.044715), 1)), SqrtTwoOverPi);
            Value t = graph.Tanh(u);
            Value slope = graph.Mul(graph.Add(graph.Mul(square, 3 * 0.044715), 1), SqrtTwoOverPi);
            Value tail = graph.Mul(graph.Mul(x, graph.SubFrom(1, graph.Mul(t, t))), slope);
            return graph.Mul(graph.Add(graph.Add(t, 1), tail), 0.5);
        }

        Value cumulative = graph.Mul(graph.Add(graph.Erf(graph.Mul(x, Math.Sqrt(0.5))), 1), 0.5);
        Value density = graph.Mul(graph.Exp(graph.Mul(square, -0.5)), OneOverSqrtTwoPi);
        return graph.Add(cumulative, graph.Mul(x, density));
    });

    /// <summary>Mish (arXiv:1908.08681): x·t with t = tanh(softplus x) has the derivative t + x·(1 - t²)·σ(x).</summary>
    public static Func<Value>?[] Mish(GradientContext c) => Chain(c, (graph, x, _) =>
    {
        Value t = graph.Tanh(graph.Node("Softplus", [x]));
        return graph.Add(t, graph.Mul(graph.Mul(x, graph.SubFrom(1, graph.Mul(t, t))), graph.Sigmoid(x)));
    });

    private static Func<Value>?[] Chain(GradientContext c, Func<GraphBuilder, Value, Value, Value> derivative) =>
        [() => c.Graph.Mul(c.LazyCotangent(), derivative(c.Graph, c.Input(0), c.Output()))];
}
