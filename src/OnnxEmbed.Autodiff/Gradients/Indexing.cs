using OnnxEmbed.Onnx.Building;
using OnnxEmbed.Tensors;

namespace OnnxEmbed.Autodiff.Gradients;

/// <summary>
/// Reading by index; the gradient adds into the places that were read. It goes through ScatterElements: ScatterND with reduction "add" races
/// on duplicate indices in ONNX Runtime's CPU kernels.
/// </summary>
internal static class Indexing
{
    /// <summary>y = x[…, indices, …] along an axis: rows of g added at their indices.</summary>
    public static Func<Value>?[] Gather(GradientContext c) =>
    [
        () =>
        {
            GraphBuilder graph = c.Graph;
            Value x = c.Input(0), indices = c.Input(1), g = c.Cotangent();
            int axis = (int)c.Int("axis", 0);
            axis = axis < 0 ? axis + x.Rank : axis;

            // One flat index axis: [before, N, after].
            Value before = graph.Node("Slice", [graph.Shape(x), graph.Int64s(0), graph.Int64s(axis)]);
            Value after = graph.Node("Slice", [graph.Shape(x), graph.Int64s(axis + 1), graph.Int64s(long.MaxValue)]);
            Value flat = graph.Reshape(g, graph.Concat(0, before, graph.Int64s(-1), after));
            Value column = graph.Reshape(indices, [.. Enumerable.Repeat(1L, axis), -1, .. Enumerable.Repeat(1L, x.Rank - axis - 1)]);
            return Scatter(c, graph.Expand(column, graph.Shape(flat)), flat, axis);
        },
        null,
    ];

    /// <summary>y[i, j] = x[i, indices[i, j]]: g added at the indices.</summary>
    public static Func<Value>?[] GatherElements(GradientContext c) =>
        [() => Scatter(c, c.Input(1), c.Cotangent(), (int)c.Int("axis", 0)), null];

    private static Value Scatter(GradientContext c, Value indices, Value updates, int axis)
    {
        GraphBuilder graph = c.Graph;
        Value like = c.Input(0);
        if (graph.Opset < 16)
        {
            throw c.Unsupported("needs opset 16 or newer, where ScatterElements can add");
        }

        Value zeros = graph.Expand(graph.Scalar(0, like.Type), graph.Shape(like));
        return graph.Node("ScatterElements", [zeros, indices, updates], ("axis", axis), ("reduction", "add"));
    }
}
