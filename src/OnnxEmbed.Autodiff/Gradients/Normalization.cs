using OnnxEmbed.Onnx.Building;

namespace OnnxEmbed.Autodiff.Gradients;

/// <summary>Softmax and layer normalisation.</summary>
internal static class Normalization
{
    /// <summary>y = softmax x: y·(g - Σ g·y).</summary>
    public static Func<Value>?[] Softmax(GradientContext c) =>
    [
        () =>
        {
            Value g = c.Cotangent(), y = c.Output();
            Value inner = c.Graph.ReduceSum(c.Graph.Mul(g, y), keepDims: true, c.Int("axis", -1));
            return c.Graph.Mul(y, c.Graph.Sub(g, inner));
        },
    ];

    /// <summary>y = ln softmax x: g - eʸ·Σ g.</summary>
    public static Func<Value>?[] LogSoftmax(GradientContext c) =>
    [
        () =>
        {
            Value g = c.Cotangent();
            Value total = c.Graph.ReduceSum(g, keepDims: true, c.Int("axis", -1));
            return c.Graph.Sub(g, c.Graph.Mul(c.Graph.Exp(c.Output()), total));
        },
    ];

    /// <summary>
    /// Layer normalisation (arXiv:1607.06450): with x̂ = (x - μ)·r, r = 1/√(σ² + ε) and h = g·scale the gradients are
    /// r·(h - mean h - x̂·mean(h·x̂)), Σ g·x̂ and Σ g. μ and r are computed again: the forward node keeps its single output.
    /// </summary>
    public static Func<Value>?[] LayerNormalization(GradientContext c)
    {
        if (c.HasCotangent(1) || c.HasCotangent(2))
        {
            throw c.Unsupported("the loss must not depend on the outputs Mean and InvStdDev");
        }

        GraphBuilder graph = c.Graph;
        Value x = c.Input(0), g = c.Cotangent();
        long first = c.Int("axis", -1);
        first = first < 0 ? first + x.Rank : first;
        long[] axes = [.. Enumerable.Range((int)first, x.Rank - (int)first).Select(axis => (long)axis)];
        Value centred = graph.Sub(x, graph.ReduceMean(x, keepDims: true, axes));
        Value variance = graph.ReduceMean(graph.Mul(centred, centred), keepDims: true, axes);
        Value r = graph.Reciprocal(graph.Sqrt(graph.Add(variance, c.Float("epsilon", 1e-5f))));
        Value normal = graph.Mul(centred, r);
        Func<Value>?[] gradients =
        [
            () =>
            {
                Value h = graph.Mul(g, c.Input(1));
                Value along = graph.ReduceMean(graph.Mul(h, normal), keepDims: true, axes);
                Value rest = graph.Sub(graph.Sub(h, graph.ReduceMean(h, keepDims: true, axes)), graph.Mul(normal, along));
                return graph.Mul(rest, r);
            },
            () => graph.Mul(g, normal),
            () => g,
        ];
        return gradients[..c.InputCount];
    }
}
