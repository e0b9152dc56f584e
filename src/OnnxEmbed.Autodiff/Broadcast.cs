using OnnxEmbed.Onnx.Building;

namespace OnnxEmbed.Autodiff;

/// <summary>The one place where broadcasting is done to and undone from cotangents.</summary>
internal static class Broadcast
{
    /// <summary>A cotangent expanded to the full shape of the value it belongs to.</summary>
    public static Value To(GraphBuilder graph, Value cotangent, Value target) =>
        cotangent.Shape.Equals(target.Shape) ? cotangent : graph.Expand(cotangent, graph.Shape(target));

    /// <summary>
    /// Sums a cotangent over the axes along which the operand was broadcast: those that the operand lacks, and those where its extent is 1
    /// and the output's is not.
    /// </summary>
    /// <exception cref="GraphException">Two symbolic extents differ and nothing says which of them is 1 at run time.</exception>
    public static Value Undo(GraphBuilder graph, Value cotangent, Value operand)
    {
        SymbolicShape from = cotangent.Shape, to = operand.Shape;
        if (from.Equals(to))
        {
            return cotangent;
        }

        int extra = from.Rank - to.Rank;
        if (extra < 0)
        {
            // A lazily broadcast cotangent of lower rank, such as a scalar.
            return cotangent;
        }

        List<long> summed = [.. Enumerable.Range(0, extra).Select(axis => (long)axis)];
        for (int axis = 0; axis < to.Rank; axis++)
        {
            Dim full = from[axis + extra], own = to[axis];
            if (full == own || full.IsOne)
            {
                continue;
            }

            if (!own.IsOne)
            {
                throw new GraphException($"{operand}: needs to know whether extent {own} was broadcast to {full} of {cotangent}");
            }

            summed.Add(axis + extra);
        }

        if (summed.Count == 0)
        {
            return cotangent;
        }

        // Leading axes vanish with the sum; inner ones stay as extents of 1.
        bool inner = summed.Any(axis => axis >= extra);
        Value sum = graph.ReduceSum(cotangent, keepDims: inner, [.. summed]);
        return sum.Rank == to.Rank ? sum : graph.Squeeze(sum, [.. Enumerable.Range(0, extra).Select(axis => (long)axis)]);
    }
}
