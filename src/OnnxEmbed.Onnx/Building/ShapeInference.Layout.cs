using OnnxEmbed.Tensors;

namespace OnnxEmbed.Onnx.Building;

/// <content>Reductions, layout, indexing, and tensors made from shapes.</content>
internal static partial class ShapeInference
{
    private static Inferred[] Reduce(InferenceContext c, int axesInputSince)
    {
        Value x = c.Input(0);
        long[]? axes = c.Opset >= axesInputSince ? c.Axes(1) : c.Node.GetInts("axes");
        bool keep = c.Node.GetInt("keepdims", 1) != 0;
        if (axes is null or { Length: 0 })
        {
            if (c.Node.GetInt("noop_with_empty_axes", 0) != 0)
            {
                return c.Same();
            }

            axes = [.. Enumerable.Range(0, x.Rank).Select(i => (long)i)];
        }

        HashSet<int> reduced = [.. axes.Select(axis => c.Axis(axis, x.Rank))];
        return [new Inferred(x.Type, Reduced(x.Shape, reduced, keep))];
    }

    private static Inferred[] ArgReduce(InferenceContext c)
    {
        SymbolicShape shape = c.Input(0).Shape;
        return
        [
            new Inferred(
                ElementType.Int64,
                Reduced(shape, [c.Axis(c.Node.GetInt("axis", 0), shape.Rank)], c.Node.GetInt("keepdims", 1) != 0)),
        ];
    }

    private static SymbolicShape Reduced(SymbolicShape shape, HashSet<int> axes, bool keep) =>
        new(shape.Select((dim, i) => axes.Contains(i) ? (Dim)1 : dim).Where((_, i) => keep || !axes.Contains(i)));

    private static Inferred[] Reshape(InferenceContext c)
    {
        Value x = c.Input(0);
        if (c.Contents(1) is not { } target)
        {
            // The rank is the length of the target; its elements are known at run time only.
            Dim rank = c.Input(1).Shape.Count == 1 ? c.Input(1).Shape[0] : throw c.Fault("needs a target of rank 1");
            return rank.IsKnown
                ? [new Inferred(x.Type, new SymbolicShape(Enumerable.Range(0, (int)rank.Value).Select(_ => c.Fresh())))]
                : throw c.Fault("needs a target of known length");
        }

        Dim[] dims = [.. target];
        int wild = -1;
        for (int i = 0; i < dims.Length; i++)
        {
            if (dims[i] == 0 && c.Node.GetInt("allowzero", 0) == 0)
            {
                dims[i] = i < x.Rank ? x.Shape[i] : throw c.Fault($"target {i} copies an axis that {x.Shape} does not have");
            }
            else if (dims[i] == -1)
            {
                wild = wild < 0 ? i : throw c.Fault("needs at most one -1 in the target");
            }
        }

        Dim rest = Dim.Product(dims.Where((_, i) => i != wild));
        if (wild >= 0)
        {
            bool exact = x.Shape.ElementCount.TryDivide(rest, out Dim quotient);
            dims[wild] = exact ? quotient
                : x.Shape.IsKnown && rest.IsKnown ? throw c.Fault($"{x.Shape} does not divide into {string.Join(", ", target)}")
                : c.Fresh();
        }
        else if (x.Shape.IsKnown && rest.IsKnown && x.Shape.ElementCount != rest)
        {
            throw c.Fault($"needs {rest} elements, got {x.Shape}");
        }

        return [new Inferred(x.Type, new SymbolicShape(dims), c.Contents(0))];
    }

    private static Inferred[] Flatten(InferenceContext c)
    {
        Value x = c.Input(0);
        long attribute = c.Node.GetInt("axis", 1);
        int axis = attribute == x.Rank ? x.Rank : c.Axis(attribute, x.Rank);
        return [new Inferred(x.Type, new SymbolicShape(Dim.Product(x.Shape.Take(axis)), Dim.Product(x.Shape.Skip(axis))))];
    }

    private static Inferred[] Transpose(InferenceContext c)
    {
        SymbolicShape shape = c.Input(0).Shape;
        long[] order = c.Node.GetInts("perm") ?? [.. Enumerable.Range(0, shape.Rank).Reverse().Select(i => (long)i)];
        return order.Order().SequenceEqual(Enumerable.Range(0, shape.Rank).Select(i => (long)i))
            ? [new Inferred(c.Input(0).Type, new SymbolicShape(order.Select(axis => shape[(int)axis])))]
            : throw c.Fault($"needs a permutation of {shape.Rank} axes, got [{string.Join(", ", order)}]");
    }

    private static Inferred[] Unsqueeze(InferenceContext c)
    {
        Value x = c.Input(0);
        long[] axes = c.Axes(1) ?? throw c.Fault("needs axes");
        int rank = x.Rank + axes.Length;
        HashSet<int> added = [.. axes.Select(axis => c.Axis(axis, rank))];
        Queue<Dim> rest = new(x.Shape);
        return
        [
            new Inferred(
                x.Type, new SymbolicShape(Enumerable.Range(0, rank).Select(i => added.Contains(i) ? 1 : rest.Dequeue()).ToArray()), c.Contents(0)),
        ];
    }

    private static Inferred[] Squeeze(InferenceContext c)
    {
        Value x = c.Input(0);
        HashSet<int> removed = c.Axes(1) is { } axes
            ? [.. axes.Select(axis => c.Axis(axis, x.Rank))]
            : [.. Enumerable.Range(0, x.Rank).Where(i => x.Shape[i].IsOne)];
        return [new Inferred(x.Type, new SymbolicShape(x.Shape.Where((_, i) => !removed.Contains(i))), c.Contents(0))];
    }

    private static Inferred[] Expand(InferenceContext c)
    {
        Value x = c.Input(0);
        IEnumerable<Dim> target = c.Contents(1)
            ?? (c.Input(1).Shape[0].IsKnown ? Enumerable.Range(0, (int)c.Input(1).Shape[0].Value).Select(_ => c.Fresh()) : throw c.Fault("needs a target of known length"));
        return [new Inferred(x.Type, c.Broadcast(x, new Value(string.Empty, x.Type, new SymbolicShape(target))))];
    }

    private static Inferred[] Tile(InferenceContext c)
    {
        Value x = c.Input(0);
        IReadOnlyList<Dim>? repeats = c.Contents(1);
        return [new Inferred(x.Type, new SymbolicShape(x.Shape.Select((dim, i) => repeats is null ? c.Fresh() : dim * repeats[i])))];
    }

    private static Inferred[] Concat(InferenceContext c)
    {
        Value first = c.Input(0);
        int axis = c.Axis(c.Node.GetInt("axis", 0), first.Rank);
        Value[] parts = [.. c.Inputs.Select(input => input!)];
        Dim total = parts[0].Shape[axis];
        foreach (Value part in parts.Skip(1))
        {
            if (part.Rank != first.Rank)
            {
                throw c.Fault("needs operands of one rank");
            }

            total = total.TryAdd(part.Shape[axis], out Dim sum) ? sum : c.Fresh();
        }

        Dim[]? contents = Array.TrueForAll(parts, part => part.Contents is not null) ? [.. parts.SelectMany(part => part.Contents!)] : null;
        return [new Inferred(first.Type, first.Shape.With(axis, total), contents)];
    }

    private static Inferred[] Split(InferenceContext c)
    {
        Value x = c.Input(0);
        int axis = c.Axis(c.Node.GetInt("axis", 0), x.Rank);
        IReadOnlyList<Dim>? sizes = c.Contents(1) ?? c.Node.GetInts("split")?.Select(size => (Dim)size).ToArray();
        Inferred[] parts = new Inferred[c.OutputCount];
        for (int i = 0; i < parts.Length; i++)
        {
            Dim size = sizes is not null ? sizes[i]
                : x.Shape[axis].TryDivide(parts.Length, out Dim even) ? even
                : x.Shape[axis].IsKnown ? Chunk(x.Shape[axis].Value, parts.Length, i)
                : c.Fresh();
            parts[i] = new Inferred(x.Type, x.Shape.With(axis, size));
        }

        return parts;
    }

    /// <summary>Part of an axis that does not divide evenly: all parts alike, the last one smaller (ONNX Split-18).</summary>
    private static long Chunk(long extent, int parts, int index)
    {
        long chunk = (extent + parts - 1) / parts;
        return Math.Clamp(extent - (index * chunk), 0, chunk);
    }

    private static Inferred[] Slice(InferenceContext c)
    {
        Value x = c.Input(0);
        IReadOnlyList<Dim>? starts = c.Contents(1), ends = c.Contents(2);
        long count = c.Input(1).Shape[0].Value;
        long[] axes = c.Optional(3) is null ? [.. Enumerable.Range(0, (int)count).Select(i => (long)i)] : c.Numbers(3) ?? throw c.Fault("needs constant axes");
        long[] steps = c.Optional(4) is null ? [.. Enumerable.Repeat(1L, (int)count)] : c.Numbers(4) ?? throw c.Fault("needs constant steps");
        SymbolicShape shape = x.Shape;
        for (int i = 0; i < axes.Length; i++)
        {
            int axis = c.Axis(axes[i], x.Rank);
            Dim extent = starts is null || ends is null ? c.Fresh() : Sliced(x.Shape[axis], starts[i], ends[i], steps[i], c);
            shape = shape.With(axis, extent);
        }

        IReadOnlyList<Dim>? contents = x.Contents is { } all && x.Rank == 1 && starts is [{ IsKnown: true } start] && ends is [{ IsKnown: true } end] && steps[0] == 1
            ? [.. all.Take(Clamp(end.Value, all.Count)).Skip(Clamp(start.Value, all.Count))]
            : null;
        return [new Inferred(x.Type, shape, contents)];
    }

    private static int Clamp(long index, int count) => (int)Math.Clamp(index < 0 ? index + count : index, 0, count);

    private static Dim Sliced(Dim extent, Dim start, Dim end, long step, InferenceContext c)
    {
        if (extent.IsKnown && start.IsKnown && end.IsKnown)
        {
            // ONNX Slice: negative indices count from the end, both are clamped to the axis.
            long n = extent.Value;
            long from = start.Value < 0 ? start.Value + n : start.Value, to = end.Value < 0 ? end.Value + n : end.Value;
            from = Math.Clamp(from, 0, step > 0 ? n : n - 1);
            to = Math.Clamp(to, step > 0 ? 0 : -1, n);
            return Math.Max(0, step > 0 ? (to - from + step - 1) / step : (from - to - step - 1) / -step);
        }

        bool whole = start == 0 && step == 1;
        return whole && end.IsKnown && end.Value == long.MaxValue ? extent
            : whole && end == extent ? extent
            : whole && extent.IsKnown && !end.IsKnown ? end // a table longer than the axis it is cut to
            : c.Fresh();
    }

    private static Inferred[] Pad(InferenceContext c)
    {
        Value x = c.Input(0);
        IReadOnlyList<Dim>? pads = c.Contents(1);
        return
        [
            new Inferred(
                x.Type,
                new SymbolicShape(x.Shape.Select((dim, i) =>
                    pads is not null && pads[i].TryAdd(pads[i + x.Rank], out Dim both)
                        ? (both == 0 ? dim : dim.TryAdd(both, out Dim padded) ? padded : c.Fresh())
                        : c.Fresh()))),
        ];
    }

    private static Inferred[] Gather(InferenceContext c)
    {
        Value data = c.Input(0), indices = c.Input(1);
        int axis = c.Axis(c.Node.GetInt("axis", 0), data.Rank);
        SymbolicShape shape = new(data.Shape.Take(axis).Concat(indices.Shape).Concat(data.Shape.Skip(axis + 1)));
        Dim[]? contents = data.Contents is { } all && data.Rank == 1 && c.Numbers(1) is { } picks
            ? [.. picks.Select(pick => all[(int)(pick < 0 ? pick + all.Count : pick)])]
            : null;
        return [new Inferred(data.Type, shape, contents)];
    }

    private static Inferred[] GatherNd(InferenceContext c)
    {
        Value data = c.Input(0), indices = c.Input(1);
        int batch = (int)c.Node.GetInt("batch_dims", 0);
        long depth = indices.Shape.At(-1).Value;
        return [new Inferred(data.Type, new SymbolicShape(indices.Shape.SkipLast(1).Concat(data.Shape.Skip(batch + (int)depth))))];
    }

    private static Inferred[] OneHot(InferenceContext c)
    {
        Value indices = c.Input(0);
        int axis = c.Axis(c.Node.GetInt("axis", -1), indices.Rank + 1);
        Dim depth = c.Contents(1) is [var known] ? known : c.Fresh();
        return [new Inferred(c.Input(2).Type, new SymbolicShape(indices.Shape.Take(axis).Append(depth).Concat(indices.Shape.Skip(axis))))];
    }

    private static Inferred[] ShapeOf(InferenceContext c)
    {
        SymbolicShape shape = c.Input(0).Shape;
        int start = Clamp(c.Node.GetInt("start", 0), shape.Rank), end = Clamp(c.Node.GetInt("end", shape.Rank), shape.Rank);
        Dim[] dims = [.. shape.Take(end).Skip(start)];
        return [new Inferred(ElementType.Int64, new SymbolicShape(dims.Length), dims)];
    }

    private static Inferred[] Constant(InferenceContext c)
    {
        if (c.Node.Find("value") is { } tensor)
        {
            return [new Inferred((ElementType)tensor.T.DataType, SymbolicShape.Of(tensor.T.Dims), GraphBuilder.SmallIntegers(tensor.T))];
        }

        return c.Node.Find("value_int") is { } one ? [new Inferred(ElementType.Int64, SymbolicShape.Scalar, [one.I])]
            : c.Node.GetInts("value_ints") is { } list ? [new Inferred(ElementType.Int64, new SymbolicShape(list.Length), [.. list.Select(i => (Dim)i)])]
            : c.Node.Find("value_float") is not null ? [new Inferred(ElementType.Float32, SymbolicShape.Scalar)]
            : c.Node.Find("value_floats") is { } floats ? [new Inferred(ElementType.Float32, new SymbolicShape(floats.Floats.Count))]
            : throw c.Fault("needs a tensor or a number as its value");
    }

    private static Inferred[] ConstantOfShape(InferenceContext c)
    {
        ElementType type = c.Node.Find("value") is { } value ? (ElementType)value.T.DataType : ElementType.Float32;
        IReadOnlyList<Dim> dims = c.Contents(0)
            ?? [.. Enumerable.Range(0, (int)c.Input(0).Shape[0].Value).Select(_ => c.Fresh())];
        return [new Inferred(type, new SymbolicShape(dims))];
    }

    private static Inferred[] Range(InferenceContext c)
    {
        Dim extent = c.Contents(0) is [var start] && c.Contents(1) is [var limit] && c.Contents(2) is [{ IsOne: true }] && limit.TryAdd(-1 * start, out Dim length)
            ? length
            : c.Contents(0) is [{ IsKnown: true, Factor: 0 }] && c.Contents(1) is [var end] && c.Contents(2) is [{ IsOne: true }] ? end : c.Fresh();
        return [new Inferred(c.Input(0).Type, new SymbolicShape(extent))];
    }
}
