using OnnxEmbed.Onnx.Building;

namespace OnnxEmbed.Models.Architectures;

/// <summary>The activations of feed-forward blocks under the names of transformers' <c>ACT2FN</c> (activations.py, 4.57).</summary>
internal static class ActivationFunctions
{
    private static readonly (string Name, Func<GraphBuilder, Value, Value> Build)[] Table =
    [
        ("gelu", Gelu),
        ("gelu_python", Gelu),
        ("gelu_new", GeluTanh),
        ("gelu_fast", GeluTanh),
        ("gelu_pytorch_tanh", GeluTanh),
        ("quick_gelu", QuickGelu),
        ("silu", Silu),
        ("swish", Silu),
        ("relu", (graph, x) => graph.Relu(x)),
        ("tanh", (graph, x) => graph.Tanh(x)),
        ("sigmoid", (graph, x) => graph.Sigmoid(x)),
    ];

    /// <summary>What a wrong name is answered with.</summary>
    public static string Needs { get; } = $"one of {string.Join(", ", Table.Select(row => row.Name))}, the ones that are built";

    public static bool IsKnown(string name) => Table.Any(row => row.Name == name);

    public static Value Build(GraphBuilder graph, string name, Value x) => Table.First(row => row.Name == name).Build(graph, x);

    /// <summary>x · Φ(x) with the exact normal distribution (Hendrycks and Gimpel 2016, arXiv:1606.08415).</summary>
    public static Value Gelu(GraphBuilder graph, Value x)
    {
        Value erf = graph.Erf(graph.Div(x, graph.Scalar(Math.Sqrt(2), x.Type)));
        return graph.Mul(graph.Mul(x, graph.Add(erf, 1)), 0.5);
    }

    /// <summary>x · σ(x).</summary>
    public static Value Silu(GraphBuilder graph, Value x) => graph.Mul(x, graph.Sigmoid(x));

    // x / 2 · (1 + tanh(√(2/π) (x + 0.044715 x³))), the paper's approximation (§2).
    private static Value GeluTanh(GraphBuilder graph, Value x)
    {
        Value cube = graph.Mul(graph.Mul(x, x), x);
        Value tanh = graph.Tanh(graph.Mul(graph.Add(x, graph.Mul(cube, 0.044715)), Math.Sqrt(2 / Math.PI)));
        return graph.Mul(graph.Mul(x, graph.Add(tanh, 1)), 0.5);
    }

    // x · σ(1.702 x), the paper's other approximation (§2).
    private static Value QuickGelu(GraphBuilder graph, Value x) => graph.Mul(x, graph.Sigmoid(graph.Mul(x, 1.702)));
}
