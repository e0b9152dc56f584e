using OnnxEmbed.Tensors;

namespace OnnxEmbed.Onnx.Building;

/// <content>Elementwise operators, products and normalisation.</content>
internal static partial class ShapeInference
{
    private static Inferred[] Cast(InferenceContext c)
    {
        ElementType to = (ElementType)c.Node.GetInt("to", 0);
        return [new Inferred(to, c.Input(0).Shape, to is ElementType.Int64 or ElementType.Int32 ? c.Contents(0) : null)];
    }

    private static Inferred[] Dropout(InferenceContext c) =>
        c.OutputCount > 1 ? [.. c.Same(), .. c.Same(ElementType.Bool)] : c.Same();

    private static Inferred[] LayerNormalization(InferenceContext c)
    {
        Value x = c.Input(0);
        int axis = c.Axis(c.Node.GetInt("axis", -1), x.Rank);
        Inferred statistics = new(x.Type, new SymbolicShape(x.Shape.Select((dim, i) => i < axis ? dim : (Dim)1)));
        return [.. new[] { new Inferred(x.Type, x.Shape), statistics, statistics }.Take(Math.Max(1, c.OutputCount))];
    }

    private static Inferred[] Arithmetic(InferenceContext c)
    {
        Value a = c.Input(0), b = c.Input(1);
        if (a.Type != b.Type)
        {
            throw c.Fault($"needs operands of one type, got {a.Type.ShortName()} and {b.Type.ShortName()}");
        }

        return [new Inferred(a.Type, c.Broadcast(a, b), Fold(c.Node.OpType, a.Contents, b.Contents))];
    }

    /// <summary>Elements of a small integer result; null where one is not a product of numbers and symbols.</summary>
    private static Dim[]? Fold(string op, IReadOnlyList<Dim>? a, IReadOnlyList<Dim>? b)
    {
        if (a is null || b is null || a.Count == 0 || b.Count == 0 || (a.Count != b.Count && a.Count != 1 && b.Count != 1))
        {
            return null;
        }

        Dim[] result = new Dim[Math.Max(a.Count, b.Count)];
        for (int i = 0; i < result.Length; i++)
        {
            Dim left = a[a.Count == 1 ? 0 : i], right = b[b.Count == 1 ? 0 : i];
            bool folds = op switch
            {
                "Mul" => (result[i] = left * right) is var _,
                "Add" => left.TryAdd(right, out result[i]),
                "Sub" => left.TryAdd(-1 * right, out result[i]),
                "Div" => left.TryDivide(right, out result[i]),
                _ => false,
            };
            if (!folds)
            {
                return null;
            }
        }

        return result;
    }

    private static Inferred[] Variadic(InferenceContext c) =>
        [new Inferred(c.Input(0).Type, c.Broadcast(c.Inputs.Where(input => input is not null).Select(input => input!)))];

    private static Inferred[] Comparison(InferenceContext c) => [new Inferred(ElementType.Bool, c.Broadcast(c.Input(0), c.Input(1)))];

    private static Inferred[] MatMul(InferenceContext c)
    {
        Value a = c.Input(0), b = c.Input(1);
        if (a.Rank < 1 || b.Rank < 1)
        {
            throw c.Fault("needs operands of rank 1 or more");
        }

        SymbolicShape left = a.Rank == 1 ? new SymbolicShape(1, a.Shape[0]) : a.Shape;
        SymbolicShape right = b.Rank == 1 ? new SymbolicShape(b.Shape[0], 1) : b.Shape;
        Matches(c, left.At(-1), right.At(-2));
        SymbolicShape batch = c.Broadcast(
            new Value(string.Empty, a.Type, new SymbolicShape(left.SkipLast(2))), new Value(string.Empty, b.Type, new SymbolicShape(right.SkipLast(2))));
        IEnumerable<Dim> rows = a.Rank == 1 ? [] : [left.At(-2)];
        IEnumerable<Dim> columns = b.Rank == 1 ? [] : [right.At(-1)];
        return [new Inferred(a.Type, new SymbolicShape(batch.Concat(rows).Concat(columns)))];
    }

    private static Inferred[] Gemm(InferenceContext c)
    {
        Value a = c.Input(0), b = c.Input(1);
        if (a.Rank != 2 || b.Rank != 2)
        {
            throw c.Fault("needs operands of rank 2");
        }

        int transA = (int)c.Node.GetInt("transA", 0), transB = (int)c.Node.GetInt("transB", 0);
        Matches(c, a.Shape[1 - transA], b.Shape[transB]);
        return [new Inferred(a.Type, new SymbolicShape(a.Shape[transA], b.Shape[1 - transB]))];
    }

    private static void Matches(InferenceContext c, Dim left, Dim right)
    {
        if (left.IsKnown && right.IsKnown && left != right)
        {
            throw c.Fault($"needs equal inner extents, got {left} and {right}");
        }
    }
}
