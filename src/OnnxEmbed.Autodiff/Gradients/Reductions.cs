using OnnxEmbed.Onnx.Building;
using OnnxEmbed.Tensors;

namespace OnnxEmbed.Autodiff.Gradients;

/// <summary>Reductions over axes. Cotangents stay unexpanded where an extent of 1 says the same.</summary>
internal static class Reductions
{
    /// <summary>y = Σ x: g.</summary>
    public static Func<Value>?[] Sum(GradientContext c) => Result(c, () => Kept(c, c.Cotangent()));

    /// <summary>y = mean x over n elements: g/n.</summary>
    public static Func<Value>?[] Mean(GradientContext c) => Result(c, () =>
    {
        Value g = Kept(c, c.Cotangent()), x = c.Input(0);
        Dim count = Dim.Product(Axes(c).Select(axis => x.Shape[(int)axis]));
        if (count.IsKnown)
        {
            return c.Graph.Mul(g, 1.0 / count.Value);
        }

        Value extents = c.Graph.Gather(c.Graph.Shape(x), c.Graph.Int64s(Axes(c)));
        Value number = c.Graph.Opset >= 18
            ? c.Graph.Node("ReduceProd", [extents], ("keepdims", false))
            : c.Graph.Node("ReduceProd", [extents], ("axes", new long[] { 0 }), ("keepdims", false));
        return c.Graph.Div(g, c.Graph.Cast(number, g.Type));
    });

    /// <summary>y = max or min of x: g to the extreme elements, in equal shares on a tie.</summary>
    public static Func<Value>?[] Extremum(GradientContext c) => Result(c, () =>
    {
        GraphBuilder graph = c.Graph;
        if (Axes(c).Length == 0)
        {
            return c.Cotangent();
        }

        Value x = c.Input(0), extreme = graph.Cast(graph.Equal(x, Kept(c, c.Output())), x.Type);
        Value ties = graph.ReduceSum(extreme, keepDims: true, Axes(c));
        return graph.Mul(extreme, graph.Div(Kept(c, c.Cotangent()), ties));
    });

    /// <summary>y = Σ x²: 2·g·x.</summary>
    public static Func<Value>?[] SumSquare(GradientContext c) =>
        Result(c, () => c.Graph.Mul(c.Graph.Mul(Kept(c, c.Cotangent()), 2), c.Input(0)));

    /// <summary>y = √(Σ x²): g·x/y, 0 where y is 0.</summary>
    public static Func<Value>?[] L2(GradientContext c) => Result(c, () =>
    {
        GraphBuilder graph = c.Graph;
        Value y = Kept(c, c.Output()), zero = graph.Scalar(0, y.Type);
        Value isZero = graph.Equal(y, zero);
        Value ratio = graph.Div(Kept(c, c.Cotangent()), graph.Where(isZero, graph.Scalar(1, y.Type), y));
        return graph.Mul(graph.Where(isZero, zero, ratio), c.Input(0));
    });

    /// <summary>y = ln Σ eˣ: g·e^(x - y).</summary>
    public static Func<Value>?[] LogSumExp(GradientContext c) => Result(c, () =>
        c.Graph.Mul(Kept(c, c.Cotangent()), c.Graph.Exp(c.Graph.Sub(c.Input(0), Kept(c, c.Output())))));

    private static Func<Value>?[] Result(GradientContext c, Func<Value> gradient) => c.InputCount == 1 ? [gradient] : [gradient, null];

    /// <summary>The axes that the node reduces, from its input or attribute; all where it names none.</summary>
    private static long[] Axes(GradientContext c)
    {
        int rank = c.Input(0).Rank;
        long[]? axes = c.Node.OptionalInput(1) is { } input
            ? [.. (input.Contents ?? throw c.Unsupported("needs constant axes")).Select(dim => dim.Value)]
            : c.Node.Proto.GetInts("axes");
        bool all = axes is null or { Length: 0 };
        if (all && c.Int("noop_with_empty_axes", 0) != 0)
        {
            return [];
        }

        return all ? [.. Enumerable.Range(0, rank).Select(axis => (long)axis)] : [.. axes!.Select(axis => axis < 0 ? axis + rank : axis)];
    }

    /// <summary>A value of the output's shape with the reduced axes put back as extents of 1.</summary>
    private static Value Kept(GradientContext c, Value value) =>
        c.Int("keepdims", 1) != 0 || value.Rank == c.Input(0).Rank ? value : c.Graph.Unsqueeze(value, Axes(c));
}
