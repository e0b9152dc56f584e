using OnnxEmbed.Onnx.Building;

namespace OnnxEmbed.Autodiff.Gradients;

/// <summary>Matrix products. M rows, K inner extent, N columns.</summary>
internal static class Products
{
    /// <summary>
    /// y = a·b over the two last axes: g·bᵀ and aᵀ·g. Where b is a matrix and a has more axes, both are flattened to matrices, so the
    /// product is one large Gemm instead of a batch of small ones.
    /// </summary>
    public static Func<Value>?[] MatMul(GradientContext c)
    {
        GraphBuilder graph = c.Graph;
        Value a = c.Input(0), b = c.Input(1), g = c.Cotangent();
        if (a.Rank == 1 || b.Rank == 1)
        {
            return WithVectors(c, a, b, g);
        }

        if (b.Rank == 2)
        {
            return
            [
                () => a.Rank == 2
                    ? graph.Gemm(g, b, transB: true)
                    : Layout.ReshapeTo(graph, graph.Gemm(Rows(graph, g), b, transB: true), a),
                () => graph.Gemm(Rows(graph, a), Rows(graph, g), transA: true),
            ];
        }

        return
        [
            () => Exact(graph, graph.MatMul(g, graph.TransposeLast(b)), a),
            () => Exact(graph, graph.MatMul(graph.TransposeLast(a), g), b),
        ];
    }

    /// <summary>
    /// Extents over which a product sums are equal even where shape inference has two symbols for them: nothing was broadcast there.
    /// </summary>
    private static Value Exact(GraphBuilder graph, Value gradient, Value operand) =>
        gradient.Rank == operand.Rank && gradient.Shape.SkipLast(2).SequenceEqual(operand.Shape.SkipLast(2))
            ? Layout.ReshapeTo(graph, gradient, operand)
            : gradient;

    /// <summary>y = alpha·op(a)·op(b) + beta·c. Each gradient is again one Gemm with the transpositions moved.</summary>
    public static Func<Value>?[] Gemm(GradientContext c)
    {
        GraphBuilder graph = c.Graph;
        Value a = c.Input(0), b = c.Input(1), g = c.Cotangent();
        bool transA = c.Int("transA", 0) != 0, transB = c.Int("transB", 0) != 0;
        double alpha = c.Float("alpha", 1), beta = c.Float("beta", 1);
        Func<Value>?[] gradients =
        [
            () => transA ? graph.Gemm(b, g, transA: transB, transB: true, alpha: alpha) : graph.Gemm(g, b, transB: !transB, alpha: alpha),
            () => transB ? graph.Gemm(g, a, transA: true, transB: transA, alpha: alpha) : graph.Gemm(a, g, transA: !transA, alpha: alpha),
            () => graph.Mul(g, beta),
        ];
        return gradients[..c.InputCount];
    }

    private static Value Rows(GraphBuilder graph, Value value) => value.Rank == 2 ? value : graph.Reshape(value, -1, KnownOr(value.Shape.At(-1)));

    private static long KnownOr(Dim dim) => dim.IsKnown
        ? dim.Value
        : throw new GradientContext.RuleException($"needs a known last extent to flatten a product, got {dim}");

    /// <summary>A vector operand is a matrix of one row or one column.</summary>
    private static Func<Value>?[] WithVectors(GradientContext c, Value a, Value b, Value g)
    {
        GraphBuilder graph = c.Graph;
        Value left = a.Rank == 1 ? graph.Unsqueeze(a, 0) : a;
        Value right = b.Rank == 1 ? graph.Unsqueeze(b, 1) : b;
        Value full = b.Rank == 1 ? graph.Unsqueeze(g, -1) : g;
        full = a.Rank == 1 ? graph.Unsqueeze(full, -2) : full;
        return
        [
            () => Vector(graph, graph.MatMul(full, graph.TransposeLast(right)), left, a),
            () => Vector(graph, graph.MatMul(graph.TransposeLast(left), full), right, b),
        ];
    }

    private static Value Vector(GraphBuilder graph, Value gradient, Value matrix, Value operand)
    {
        Value summed = Broadcast.Undo(graph, gradient, matrix);
        return operand.Rank == 1 ? Layout.ReshapeTo(graph, summed, operand) : summed;
    }
}
