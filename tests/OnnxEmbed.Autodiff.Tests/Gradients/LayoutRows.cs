using OnnxEmbed.Onnx.Building;
using OnnxEmbed.TestKit.Gradients;
using static OnnxEmbed.Autodiff.Tests.Gradients.Rows;

namespace OnnxEmbed.Autodiff.Tests.Gradients;

/// <summary>Rows for operators that move elements and for reading by index.</summary>
internal static class LayoutRows
{
    public static IEnumerable<GradientCase> All => [.. Shapes(), .. Parts(), .. Indexing()];

    private static Dictionary<string, long> Sizes(long batch, long sequence) => new() { ["B"] = batch, ["S"] = sequence };

    private static IEnumerable<GradientCase> Shapes() =>
    [
        Row("Reshape: by numbers", [X(Domain.Real, 2, 6)], (g, x) => g.Reshape(x[0], 3, 4)),
        Row("Reshape: flatten and take the rest", [X(Domain.Real, "B", "S", 4)], (g, x) => g.Reshape(x[0], -1, 4)),
        Row("Reshape: copy axes", [X(Domain.Real, "B", "S", 4)], (g, x) => g.Reshape(x[0], 0, 0, 2, 2)),
        Row("Reshape: to a shape known at run time", [X(Domain.Real, "B", "S", 4), X(Domain.Real.Frozen(), "S", "B")], (g, x) =>
            g.Reshape(x[0], g.Concat(0, g.Shape(x[1]), g.Int64s(4)))),
        Row("Reshape: under a sum", [X(Domain.Real, "B", "S", 4)], (g, x) => g.ReduceSum(g.Reshape(x[0], 0, 0, 2, 2), keepDims: true, 2)),
        Row("Flatten: in the middle", [X(Domain.Real, "B", "S", 4)], (g, x) => g.Node("Flatten", [x[0]], ("axis", 2))),
        Row("Flatten: default axis", [X(Domain.Real, 2, 3, 4)], (g, x) => g.Node("Flatten", [x[0]])),
        Row("Unsqueeze: two axes", [X(Domain.Real, "B", "S")], (g, x) => g.Unsqueeze(x[0], 1, -1)),
        Row("Unsqueeze: a scalar", [X(Domain.Real)], (g, x) => g.Unsqueeze(x[0], 0)),
        Row("Squeeze: by axis", [X(Domain.Real, "B", 1, "S")], (g, x) => g.Squeeze(x[0], 1)),
        Row("Squeeze: all of extent 1", [X(Domain.Real, 1, 3, 1)], (g, x) => g.Node("Squeeze", [x[0]])),
        Row("Transpose: heads", [X(Domain.Real, "B", "S", 2, 4)], (g, x) => g.Transpose(x[0], 0, 2, 1, 3)),
        Row("Transpose: a cycle", [X(Domain.Real, 2, 3, 4)], (g, x) => g.Transpose(x[0], 1, 2, 0)),
        Row("Transpose: default order", [X(Domain.Real, "B", 3, 4)], (g, x) => g.Node("Transpose", [x[0]])),
        Row("Transpose: under a sum", [X(Domain.Real, "B", 3, 4)], (g, x) => g.ReduceSum(g.Transpose(x[0], 0, 2, 1), keepDims: true, 1)),
        Row("Expand: an axis of 1", [X(Domain.Real, 2, 1, 4)], (g, x) => g.Expand(x[0], g.Int64s(2, 3, 4))),
        Row("Expand: missing axes", [X(Domain.Real, 3)], (g, x) => g.Expand(x[0], g.Int64s(4, 2, 3))),
        Row("Expand: a scalar", [X(Domain.Real)], (g, x) => g.Expand(x[0], g.Int64s(2, 3))),
        Row("Expand: target of lower rank", [X(Domain.Real, 2, 1, 1)], (g, x) => g.Expand(x[0], g.Int64s(3, 1))),
        Row("Expand: to a shape of symbols", [X(Domain.Real, "B", 1, 4), X(Domain.Real.Frozen(), "B", "S")], (g, x) =>
            g.Expand(x[0], g.Concat(0, g.Shape(x[1]), g.Int64s(4)))),
        Row("Expand: repeated keys of grouped attention", [X(Domain.Real, "B", 2, "S", 4)], (g, x) =>
        {
            Value target = g.Concat(0, g.Extent(x[0], 0), g.Int64s(2, 3), g.Extent(x[0], 2), g.Int64s(4));
            Value all = g.Concat(0, g.Extent(x[0], 0), g.Int64s(6), g.Extent(x[0], 2), g.Int64s(4));
            return g.Reshape(g.Expand(g.Unsqueeze(x[0], 2), target), all);
        }),
    ];

    private static IEnumerable<GradientCase> Parts() =>
    [
        Row("Concat: by numbers", [X(Domain.Real, 2, 3), X(Domain.Real, 2, 1), X(Domain.Real, 2, 2)], (g, x) => g.Concat(1, x)),
        Row("Concat: last axis counted from the end", [X(Domain.Real, "B", "S", 2), X(Domain.Real, "B", "S", 3)], (g, x) =>
            g.Concat(-1, x)),
        Row("Concat: symbolic axis", [X(Domain.Real, "B", 3), X(Domain.Real, "B", 3)], (g, x) => g.Concat(0, x)),
        Row("Concat: different symbols", [X(Domain.Real, "B", 3), X(Domain.Real, "S", 3), X(Domain.Real, 2, 3)], (g, x) => g.Concat(0, x)),
        Row("Concat: one operand twice", [X(Domain.Real, 2, 3)], (g, x) => g.Concat(0, x[0], g.Mul(x[0], 2), x[0])),
        Row("Concat: by one part alone", [X(Domain.Real, 2, 3), X(Domain.Real.Frozen(), 2, 3)], (g, x) => g.Concat(0, x)),
        Row("Concat: one part", [X(Domain.Real, "B", 3)], (g, x) => g.Concat(0, x)),
        Many("Split: equal parts", [X(Domain.Real, "B", 6)], (g, x) => g.Split(x[0], 1, 3, 3)),
        Many("Split: unequal parts, negative axis", [X(Domain.Real, "B", "S", 6)], (g, x) => g.Split(x[0], -1, 1, 2, 3)),
        Many("Split: one part goes unused", [X(Domain.Real, "B", 6)], (g, x) => [g.Split(x[0], 1, 1, 2, 3)[1]]),
        Many("Split: by a number of outputs", [X(Domain.Real, 6, 2)], (g, x) => g.NodeWithOutputs("Split", [x[0]], 3, ("num_outputs", 3))),
        Many("Split: opset 13, no sizes", [X(Domain.Real, 6, 2)], (g, x) => g.NodeWithOutputs("Split", [x[0]], 2), opset: 13),
        Row("Slice: in the middle", [X(Domain.Real, "B", 7)], (g, x) => g.Slice(x[0], 1, 2, 5)),
        Row("Slice: from the end", [X(Domain.Real, "B", 7)], (g, x) => g.Slice(x[0], -1, -3, long.MaxValue)),
        Row("Slice: up to the end's distance", [X(Domain.Real, 7, 2)], (g, x) => g.Slice(x[0], 0, 0, -2)),
        Row("Slice: bounds beyond the axis", [X(Domain.Real, 5, 2)], (g, x) => g.Slice(x[0], 0, -9, 3)),
        Row("Slice: end beyond the axis", [X(Domain.Real, 5, 2)], (g, x) => g.Slice(x[0], 0, 3, 9)),
        Row("Slice: whole axis", [X(Domain.Real, "B", "S")], (g, x) => g.Slice(x[0], 1, 0, long.MaxValue)),
        Row("Slice: two axes, axes left out", [X(Domain.Real, 5, 6)], (g, x) => g.Node("Slice", [x[0], g.Int64s(1, 2), g.Int64s(4, 5)])),
        Row("Slice: first of a symbolic axis", [X(Domain.Real, "B", "S", 4)], (g, x) => g.Slice(x[0], 1, 0, 1)),
        Row("Slice: last of a symbolic axis", [X(Domain.Real, "B", "S", 4)], (g, x) => g.Slice(x[0], 1, -1, long.MaxValue)),
        Row("Slice: up to three from the end of a symbolic axis", [X(Domain.Real, "B", "S")], (g, x) => g.Slice(x[0], 1, -3, -1)),
        Row("Slice: all from the third of a symbolic axis", [X(Domain.Real, "B", "S")], (g, x) => g.Slice(x[0], 1, 2, long.MaxValue)) with
        {
            Sizes = [Sizes(2, 3), Sizes(1, 6)],
        },
        Row("Slice: bounds known at run time", [X(Domain.Real, "B", 5), X(Domain.Integers(-4), 1), X(Domain.Integers(4), 1)], (g, x) =>
            g.Slice(x[0], 1, x[1], x[2])),
        Row("Slice: a start known at run time before the axis", [X(Domain.Real, "B", 5), X(Domain.Integers(-9), 1)], (g, x) =>
            g.Slice(x[0], 1, x[1], g.Int64s(2))),
        Row("Slice: nothing is left", [X(Domain.Real, 5, 2)], (g, x) => g.Concat(0, g.Slice(x[0], 0, 7, 9), x[0])),
        Row("Slice: a table cut to the length", [X(Domain.Real, 8, 2), X(Domain.Real, "B", "S", 2)], (g, x) =>
            g.Mul(g.Slice(x[0], 0, g.Int64s(0), g.Extent(x[1], 1)), x[1])),
        Row("Slice: steps of 1 written out", [X(Domain.Real, 5, 2)], (g, x) =>
            g.Node("Slice", [x[0], g.Int64s(1), g.Int64s(4), g.Int64s(0), g.Int64s(1)])),
        Row("Slice: halves turned as rotary positions do", [X(Domain.Real, "B", 2, "S", 4)], (g, x) =>
            g.Concat(-1, g.Neg(g.Slice(x[0], -1, 2, 4)), g.Slice(x[0], -1, 0, 2))),
    ];

    private static IEnumerable<GradientCase> Indexing() =>
    [
        Row("Gather: rows, repeated", [X(Domain.Real, 5, 4), X(Domain.Integers(3, 1, 3, 0, 3), 5)], (g, x) => g.Gather(x[0], x[1])),
        Row("Gather: embedding lookup", [X(Domain.Real, 14, 4), X(Domain.Indices(14), "B", "S")], (g, x) => g.Gather(x[0], x[1])),
        Row("Gather: negative indices", [X(Domain.Real, 5, 4), X(Domain.Integers(-1, 0, -5, 4), 2, 2)], (g, x) => g.Gather(x[0], x[1])),
        Row("Gather: scalar index", [X(Domain.Real, "B", "S", 4)], (g, x) => g.Gather(x[0], g.Int64(0), 1)),
        Row("Gather: scalar index of the first axis", [X(Domain.Real, 3, 4)], (g, x) => g.Gather(x[0], g.Int64(-1), 0)),
        Row("Gather: middle axis", [X(Domain.Real, 2, 5, 3), X(Domain.Integers(4, 0, 4), 3, 1)], (g, x) => g.Gather(x[0], x[1], 1)),
        Row("Gather: last axis", [X(Domain.Real, "B", 5), X(Domain.Integers(4, 0, 4), 3)], (g, x) => g.Gather(x[0], x[1], -1)),
        Row("Gather: a vector", [X(Domain.Real, 5), X(Domain.Integers(4, 0, 4), "B", 2)], (g, x) => g.Gather(x[0], x[1])),
        Row("Gather: symbolic rows", [X(Domain.Real, "B", 4), X(Domain.Integers(0, 0, 0), 3)], (g, x) => g.Gather(x[0], x[1])),
        Row("Gather: under a sum", [X(Domain.Real, 5, 4), X(Domain.Indices(5), 2, 3)], (g, x) =>
            g.ReduceSum(g.Gather(x[0], x[1]), true, 1)),
        Row("Gather: opset 16", [X(Domain.Real, 5, 4), X(Domain.Indices(5), 2, 3)], (g, x) => g.Gather(x[0], x[1]), opset: 16),
        Row("GatherElements: last axis", [X(Domain.Real, "B", 5), X(Domain.Indices(5), "B", 2)], (g, x) => g.GatherElements(x[0], x[1], 1)),
        Row("GatherElements: first axis, repeated", [X(Domain.Real, 3, 4), X(Domain.Integers(2, 2, 0, 2, -1, 1, 0, 0), 2, 4)], (g, x) =>
            g.GatherElements(x[0], x[1], 0)),
        Row("GatherElements: label's logit", [X(Domain.Real, "B", "S", 14), X(Domain.Indices(14), "B", "S", 1)], (g, x) =>
            g.GatherElements(g.LogSoftmax(x[0]), x[1], -1)),
    ];

}
