using OnnxEmbed.Onnx.Building;

namespace OnnxEmbed.Autodiff.Gradients;

/// <summary>Operators that move elements without changing them.</summary>
internal static class Layout
{
    /// <summary>Reshape, Flatten, Squeeze, Unsqueeze: the cotangent takes the operand's shape back.</summary>
    public static Func<Value>?[] SameElements(GradientContext c) =>
        [() => ReshapeTo(c.Graph, c.Cotangent(), c.Input(0)), .. Enumerable.Repeat<Func<Value>?>(null, c.InputCount - 1)];

    /// <summary>The inverse permutation.</summary>
    public static Func<Value>?[] Transpose(GradientContext c)
    {
        int rank = c.Input(0).Rank;
        long[] order = c.Node.Proto.GetInts("perm") ?? [.. Enumerable.Range(0, rank).Reverse().Select(axis => (long)axis)];
        long[] inverse = new long[rank];
        for (int axis = 0; axis < rank; axis++)
        {
            inverse[order[axis]] = axis;
        }

        return [() => c.Graph.Transpose(c.Cotangent(), inverse)];
    }

    /// <summary>The walker sums what was broadcast.</summary>
    public static Func<Value>?[] Expand(GradientContext c) => [() => c.Cotangent(), null];

    /// <summary>Each operand gets its piece.</summary>
    public static Func<Value>?[] Concat(GradientContext c)
    {
        GraphBuilder graph = c.Graph;
        int axis = (int)c.Int("axis", 0);
        axis = axis < 0 ? axis + c.Output().Rank : axis;
        Value[] parts = [.. c.Node.Inputs.Select(input => input!)];
        Value sizes = parts.All(part => part.Shape[axis].IsKnown)
            ? graph.Int64s([.. parts.Select(part => part.Shape[axis].Value)])
            : graph.Concat(0, parts.Select(part => graph.Extent(part, axis)));
        Value[] pieces = graph.NodeWithOutputs("Split", [c.Cotangent(), sizes], parts.Length, ("axis", axis));
        return [.. pieces.Select((piece, i) => (Func<Value>?)(() => piece.Shape.Equals(parts[i].Shape) ? piece : graph.Reshape(piece, graph.Shape(parts[i]))))];
    }

    /// <summary>The pieces side by side, zeros for those the loss does not use.</summary>
    public static Func<Value>?[] Split(GradientContext c) =>
    [
        () => c.Graph.Concat((int)c.Int("axis", 0), Enumerable.Range(0, c.Node.Outputs.Count).Select(c.Cotangent)),
        .. Enumerable.Repeat<Func<Value>?>(null, c.InputCount - 1),
    ];

    /// <summary>The cotangent with zeros around it.</summary>
    public static Func<Value>?[] Slice(GradientContext c)
    {
        GraphBuilder graph = c.Graph;
        Value x = c.Input(0), y = c.Output();
        if (c.Node.OptionalInput(4) is { } steps && !(steps.Contents?.All(step => step.IsOne) ?? false))
        {
            throw c.Unsupported("needs steps of 1");
        }

        Func<Value> gradient = () =>
        {
            IReadOnlyList<Dim> axes = c.Node.OptionalInput(3)?.Contents ?? [.. Enumerable.Range(0, (int)c.Input(1).Shape[0].Value).Select(axis => (Dim)axis)];
            Value[] before = [.. Enumerable.Repeat(graph.Int64s(0), x.Rank)], after = [.. before];
            for (int i = 0; i < axes.Count; i++)
            {
                int axis = (int)(axes[i].Value < 0 ? axes[i].Value + x.Rank : axes[i].Value);
                if (x.Shape[axis] == y.Shape[axis])
                {
                    continue;
                }

                before[axis] = Start(c, i, graph.Extent(x, axis));
                after[axis] = graph.Sub(graph.Sub(graph.Extent(x, axis), graph.Extent(y, axis)), before[axis]);
            }

            Value pads = graph.Concat(0, before.Concat(after));
            Value padded = graph.Node("Pad", [c.Cotangent(), pads], ("mode", "constant"));
            return padded.Shape.Equals(x.Shape) ? padded : graph.Reshape(padded, graph.Shape(x));
        };
        return [gradient, .. Enumerable.Repeat<Func<Value>?>(null, c.InputCount - 1)];
    }

    /// <summary>Where a slice begins on its axis of the given extent: ONNX counts a negative start from the end and clamps it to the axis.</summary>
    private static Value Start(GradientContext c, int index, Value extent)
    {
        GraphBuilder graph = c.Graph;
        if (c.Input(1).Contents?[index] is { IsKnown: true, Value: >= 0 } known)
        {
            return graph.Int64s(known.Value);
        }

        Value start = graph.Gather(c.Input(1), graph.Int64s(index));
        Value counted = graph.Where(graph.Node("Less", [start, graph.Int64s(0)]), graph.Add(start, extent), start);
        return graph.Node("Min", [graph.Node("Max", [counted, graph.Int64s(0)]), extent]);
    }

    /// <summary>A value in the shape of another: by constants where at most one extent is symbolic, otherwise by that value's shape at run time.</summary>
    public static Value ReshapeTo(GraphBuilder graph, Value value, Value like)
    {
        if (value.Shape.Equals(like.Shape))
        {
            return value;
        }

        // Where the counts are not known to be equal, as behind a split of a symbolic axis, the constant form would lose the name of the extent.
        bool constant = like.Shape.Count(dim => !dim.IsKnown) <= 1 && like.Shape.All(dim => dim != 0)
            && value.Shape.ElementCount == like.Shape.ElementCount;
        return constant
            ? graph.Reshape(value, [.. like.Shape.Select(dim => dim.IsKnown ? dim.Value : -1)])
            : graph.Reshape(value, graph.Shape(like));
    }
}
