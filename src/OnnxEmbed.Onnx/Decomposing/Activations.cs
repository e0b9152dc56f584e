using OnnxEmbed.Onnx.Building;

namespace OnnxEmbed.Onnx.Decomposing;

/// <summary>
/// Activations, alone or fused with the addition before them. Sources: ONNX Operators.md 1.20 (Gelu-20) and ONNX Runtime 1.31
/// ContribOperators.md (Gelu, BiasGelu, FastGelu, QuickGelu, BiasSoftmax).
/// </summary>
internal static class Activations
{
    /// <summary>x · Φ(x), exactly or by tanh as attribute <c>approximate</c> says.</summary>
    public static Value?[] StandardGelu(FusedNode node)
    {
        node.Allows("approximate");
        return node.Text("approximate", "none") switch
        {
            "none" => [Exact(node.Graph, node.Input(0))],
            "tanh" => [Approximate(node.Graph, node.Input(0))],
            string other => throw node.Fault($"needs attribute approximate of none or tanh, got {other}"),
        };
    }

    /// <summary>x · Φ(x).</summary>
    public static Value?[] Gelu(FusedNode node)
    {
        node.Allows();
        return [Exact(node.Graph, node.Input(0))];
    }

    /// <summary>z · Φ(z), z = x + bias.</summary>
    public static Value?[] BiasGelu(FusedNode node)
    {
        node.Allows();
        return [Exact(node.Graph, node.Graph.Add(node.Input(0), node.Input(1)))];
    }

    /// <summary>z/2 · (1 + tanh(√(2/π) (z + 0.044715 z³))), z = x [+ bias].</summary>
    public static Value?[] FastGelu(FusedNode node)
    {
        node.Allows();
        Value x = node.Input(0);
        return [Approximate(node.Graph, node.Optional(1) is { } bias ? node.Graph.Add(x, bias) : x)];
    }

    /// <summary>x · σ(α x), α = 1.702 by default.</summary>
    public static Value?[] QuickGelu(FusedNode node)
    {
        node.Allows("alpha");
        Value x = node.Input(0);
        return [node.Graph.Mul(x, node.Graph.Sigmoid(node.Graph.Mul(x, node.Float("alpha", 1.702f))))];
    }

    /// <summary>
    /// softmax(x + bias) over all axes from <c>axis</c> on taken together. Which axes the bias is repeated along, <c>is_inner_broadcast</c>,
    /// follows from its shape.
    /// </summary>
    public static Value?[] BiasSoftmax(FusedNode node)
    {
        node.Allows("axis", "is_inner_broadcast");
        GraphBuilder graph = node.Graph;
        Value sum = graph.Add(node.Input(0), node.Input(1));
        int rank = node.Rank(sum);
        long axis = node.Int("axis", 1);
        axis = axis < 0 ? axis + rank : axis;
        node.Needs(axis >= 0 && axis < rank, $"attribute axis in [{-rank}, {rank - 1}], got {node.Int("axis", 1)}");
        if (axis == rank - 1)
        {
            return [graph.Softmax(sum)];
        }

        long[] flat = [.. Enumerable.Repeat(0L, (int)axis), -1];
        return [graph.Reshape(graph.Softmax(graph.Reshape(sum, flat)), graph.Shape(sum))];
    }

    /// <summary>x/2 · (1 + erf(x/√2)) (Hendrycks and Gimpel 2016, arXiv:1606.08415).</summary>
    private static Value Exact(GraphBuilder graph, Value x)
    {
        Value erf = graph.Erf(graph.Div(x, graph.Scalar(Math.Sqrt(2), x.Type)));
        return graph.Mul(graph.Mul(x, graph.Add(erf, 1)), 0.5);
    }

    private static Value Approximate(GraphBuilder graph, Value x)
    {
        Value cube = graph.Mul(graph.Mul(x, x), x);
        Value tanh = graph.Tanh(graph.Mul(graph.Add(x, graph.Mul(cube, 0.044715)), Math.Sqrt(2 / Math.PI)));
        return graph.Mul(graph.Mul(x, 0.5), graph.Add(tanh, 1));
    }
}
