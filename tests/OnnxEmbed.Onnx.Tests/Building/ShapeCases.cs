using OnnxEmbed.Onnx.Building;
using OnnxEmbed.Tensors;

namespace OnnxEmbed.Onnx.Tests.Building;

/// <summary>The table of shape-inference cases. B, S and H are symbols; float inputs are 0.5 everywhere, integer ones 0.</summary>
internal static class ShapeCases
{
    public static IReadOnlyList<ShapeCase> All { get; } =
    [
        .. Reshaping(), .. Cutting(), .. Joining(), .. Indexing(), .. Products(), .. Broadcasting(), .. Reducing(), .. FromShapes(),
        .. Chains(),
    ];

    private static Value F(GraphBuilder g, string name, params IEnumerable<Dim> shape) => g.Input(name, ElementType.Float32, shape);

    private static Value I(GraphBuilder g, string name, params IEnumerable<Dim> shape) => g.Input(name, ElementType.Int64, shape);

    private static ShapeCase[] Reshaping() =>
    [
        new("Reshape copies axes and takes the rest", g => g.Reshape(F(g, "x", "B", "S", 4), 0, -1)),
        new("Reshape flattens batch and sequence", g => g.Reshape(F(g, "x", "B", "S", 8), -1, 8)),
        new("Reshape splits heads", g => g.Reshape(F(g, "x", "B", "S", 8), 0, 0, 4, 2)),
        new("Reshape divides a product of symbols again", g =>
            g.Reshape(g.Reshape(F(g, "x", "B", "S", 8), -1, 8), g.Concat(0, g.Shape(F(g, "y", "B", "S")), g.Int64s(8)))),
        new("Reshape finds the symbol behind -1", g =>
            g.Reshape(g.Reshape(F(g, "x", "B", "S", 8), -1), g.Concat(0, g.Extent(F(g, "y", "B"), 0), g.Int64s(-1, 8)))),
        new("Reshape to a scalar's vector", g => g.Reshape(F(g, "x"), 1)),
        new("Reshape that does not divide stays open", g => g.Reshape(F(g, "x", "B", 3, 2), -1, 2, 2, 3), Unknown: 1),
        new("Flatten in the middle", g => g.Node("Flatten", [F(g, "x", "B", "S", 4)], ("axis", 2))),
        new("Flatten at the front and the end", g =>
        {
            Value x = F(g, "x", "B", "S", 4);
            g.Node("Flatten", [x], ("axis", 0));
            g.Node("Flatten", [x], ("axis", 3));
            g.Node("Flatten", [x], ("axis", -1));
        }),
        new("Transpose with and without an order", g =>
        {
            Value x = F(g, "x", "B", "S", 4, 2);
            g.Transpose(x, 0, 2, 1, 3);
            g.Node("Transpose", [x]);
            g.TransposeLast(x);
        }),
        new("Unsqueeze counts axes of the result", g => g.Unsqueeze(F(g, "x", "B", "S"), 0, -1)),
        new("Squeeze by axis and by extent 1", g =>
        {
            Value x = F(g, "x", "B", 1, "S", 1);
            g.Squeeze(x, 1);
            g.Squeeze(x, -1, 1);
        }),
        new("Expand to a shape of symbols", g => g.Expand(F(g, "x", 1, "S"), g.Shape(F(g, "y", "B", "S")))),
        new("Expand keeps an axis that the target leaves at 1", g => g.Expand(F(g, "x", "B", 4), g.Int64s(3, 1, 1))),
        new("Tile repeats axes", g => g.Node("Tile", [F(g, "x", "B", 2), g.Int64s(2, 3)])),
        new("Identity and Cast keep shape and contents", g => g.Reshape(
            F(g, "x", "B", "S"), g.Cast(g.Cast(g.Node("Identity", [g.Shape(F(g, "y", "B", "S"))]), ElementType.Int32), ElementType.Int64))),
    ];

    private static ShapeCase[] Cutting() =>
    [
        new("Slice by numbers", g =>
        {
            Value x = F(g, "x", "B", 7);
            g.Slice(x, 1, 1, 5);
            g.Slice(x, -1, -3, long.MaxValue);
            g.Slice(x, 1, 0, -2);
            g.Slice(x, 1, 9, 12);
        }),
        new("Slice with steps", g =>
        {
            Value x = F(g, "x", 7, "B");
            g.Node("Slice", [x, g.Int64s(0), g.Int64s(7), g.Int64s(0), g.Int64s(2)]);
            g.Node("Slice", [x, g.Int64s(6), g.Int64s(long.MinValue), g.Int64s(0), g.Int64s(-1)]);
            g.Node("Slice", [x, g.Int64s(-1), g.Int64s(1), g.Int64s(0), g.Int64s(-3)]);
        }),
        new("Slice of several axes, axes left out", g => g.Node("Slice", [F(g, "x", 5, 6, "B"), g.Int64s(1, 2), g.Int64s(4, 5)])),
        new("Slice takes a symbolic axis whole", g => g.Slice(F(g, "x", "B", "S", 4), 1, 0, long.MaxValue)),
        new("Slice cuts a table to a symbolic length", g =>
            g.Slice(F(g, "table", 16, 4), 0, g.Int64s(0), g.Extent(F(g, "x", "B", "S"), 1))),
        new("Slice from the second element of a symbolic axis stays open", g =>
            g.Slice(F(g, "x", "B", "S"), 1, 1, long.MaxValue), Unknown: 1),
        new("Slice of a symbolic axis by numbers stays open", g => g.Slice(F(g, "x", "B", "S"), 1, 0, 2), Unknown: 1),
        new("Slice with bounds known at run time only stays open", g =>
            g.Slice(F(g, "x", "B", 5), 1, g.Int64s(0), I(g, "end", 1)), Unknown: 1),
        new("Split into equal and unequal parts", g =>
        {
            Value x = F(g, "x", "B", 6);
            g.Split(x, 1, 3, 3);
            g.Split(x, -1, 1, 2, 3);
            g.NodeWithOutputs("Split", [x], 3, ("axis", 1));
        }),
        new("Split by a number of outputs", g =>
            g.NodeWithOutputs("Split", [F(g, "x", "B", 6)], 2, ("axis", 1), ("num_outputs", 2)), Opset: 18),
        new("Split by a number of outputs with a smaller last part", g =>
            g.NodeWithOutputs("Split", [F(g, "x", "B", 7)], 3, ("axis", 1), ("num_outputs", 3)), Opset: 18),
    ];

    private static ShapeCase[] Joining() =>
    [
        new("Concat of numbers", g => g.Concat(1, F(g, "x", "B", 3), F(g, "y", "B", 4), F(g, "z", "B", 1))),
        new("Concat of one symbol adds up", g => g.Concat(0, F(g, "x", "B", 3), F(g, "y", "B", 3), F(g, "z", "B", 3))),
        new("Concat of a symbol and a number stays open", g => g.Concat(-1, F(g, "x", 2, "S"), F(g, "y", 2, 3)), Unknown: 1),
        new("Pad by numbers", g => g.Node("Pad", [F(g, "x", "B", 3), g.Int64s(0, 1, 0, 2)])),
        new("Pad of a symbolic axis stays open", g => g.Node("Pad", [F(g, "x", "B", 3), g.Int64s(1, 0, 0, 0)]), Unknown: 1),
    ];

    private static ShapeCase[] Indexing() =>
    [
        new("Gather looks rows up", g => g.Gather(F(g, "table", 14, 8), I(g, "ids", "B", "S"))),
        new("Gather by a scalar drops the axis", g => g.Gather(F(g, "x", "B", "S", 4), g.Int64(0), 1)),
        new("Gather counts a negative axis", g => g.Gather(F(g, "x", "B", "S", 4), I(g, "i", 2), -1)),
        new("GatherElements has the shape of its indices", g => g.GatherElements(F(g, "x", "B", 14), I(g, "i", "B", 1), 1)),
        new("GatherND", g => g.Node("GatherND", [F(g, "x", 5, "S", 4), I(g, "i", "B", 2)])),
        new("GatherND with a batch axis", g => g.Node("GatherND", [F(g, "x", "B", 5, 4), I(g, "i", "B", 1)], ("batch_dims", 1))),
        new("ScatterElements and ScatterND keep the shape", g =>
        {
            g.Node("ScatterElements", [F(g, "x", "B", 5), I(g, "i", "B", 1), F(g, "u", "B", 1)], ("axis", 1));
            g.Node("ScatterND", [F(g, "y", 5, "S"), I(g, "j", 1, 1), F(g, "v", 1, "S")]);
        }),
        new("OneHot adds an axis", g =>
        {
            Value ids = I(g, "ids", "B", "S");
            Value values = F(g, "off_on", 2);
            g.Node("OneHot", [ids, g.Int64s(14), values]);
            g.Node("OneHot", [ids, g.Extent(ids, 0), values], ("axis", 1));
        }),
        new("ArgMax with and without the axis kept", g =>
        {
            Value x = F(g, "x", "B", "S", 4);
            g.Node("ArgMax", [x], ("axis", -1), ("keepdims", 0));
            g.Node("ArgMax", [x], ("axis", 1));
        }),
        new("CumSum and Trilu keep the shape", g =>
        {
            Value x = F(g, "x", "B", "S", "S");
            g.Node("CumSum", [x, g.Int64(1)]);
            g.Node("Trilu", [x], ("upper", 0));
        }),
    ];

    private static ShapeCase[] Products() =>
    [
        new("MatMul of matrices", g => g.MatMul(F(g, "a", "B", 4), F(g, "b", 4, 3))),
        new("MatMul of a batch with a matrix", g => g.MatMul(F(g, "a", "B", "S", 4), F(g, "b", 4, 3))),
        new("MatMul of attention scores", g => g.MatMul(F(g, "q", "B", 2, "S", 4), F(g, "k", "B", 2, 4, "S"))),
        new("MatMul broadcasts both batches", g => g.MatMul(F(g, "a", "B", 1, "S", 4), F(g, "b", 3, 4, 5))),
        new("MatMul with a vector on either side", g =>
        {
            Value v = F(g, "v", 4);
            g.MatMul(v, F(g, "b", "B", 4, 3));
            g.MatMul(F(g, "a", "B", "S", 4), v);
            g.MatMul(v, v);
        }),
        new("Gemm in its four orientations", g =>
        {
            Value a = F(g, "a", "B", 4), at = F(g, "at", 4, "B"), b = F(g, "b", 4, 3), bt = F(g, "bt", 3, 4);
            g.Gemm(a, b);
            g.Gemm(at, b, transA: true);
            g.Gemm(a, bt, F(g, "c", 3), transB: true);
            g.Gemm(at, bt, transA: true, transB: true, alpha: 0.5);
        }),
    ];

    private static ShapeCase[] Broadcasting() =>
    [
        new("Add of equal, scalar, trailing and middle-1 shapes", g =>
        {
            Value x = F(g, "x", "B", "S", 4);
            g.Add(x, F(g, "same", "B", "S", 4));
            g.Add(x, F(g, "scalar"));
            g.Add(F(g, "row", 4), x);
            g.Add(x, F(g, "middle", "B", 1, 4));
            g.Add(x, F(g, "rank", "S", 1));
        }),
        new("Mul broadcasts both sides", g => g.Mul(F(g, "a", "B", 1, 4), F(g, "b", "S", 1))),
        new("Where broadcasts three operands", g => g.Where(g.Input("c", ElementType.Bool, "S", 1), F(g, "a", "B", 1, 4), F(g, "b"))),
        new("comparisons give booleans", g =>
        {
            Value x = F(g, "x", "B", "S");
            Value mask = g.And(g.Greater(x, g.Scalar(0)), g.Not(g.Equal(x, F(g, "y", "S"))));
            g.Cast(mask, ElementType.Float32);
        }),
        new("Max, Min and Sum take any number of operands", g =>
        {
            Value[] operands = [F(g, "a", "B", 1), F(g, "b", 4), F(g, "c")];
            g.Node("Max", operands);
            g.Node("Min", operands);
            g.Node("Sum", operands);
        }),
        new("Pow and Div", g => g.Div(g.Node("Pow", [F(g, "x", "B", 4), g.Scalar(2)]), F(g, "y", "B", 1))),
        new("elementwise functions", g =>
        {
            Value x = F(g, "x", "B", "S");
            foreach (string op in (string[])[
                "Abs", "Neg", "Exp", "Log", "Sqrt", "Reciprocal", "Erf", "Tanh", "Sigmoid", "Relu", "Sin", "Cos", "Floor", "Softplus"])
            {
                g.Node(op, [x]);
            }

            g.ClipMin(x, 0.1);
            g.Softmax(x);
            g.LogSoftmax(x, 0);
        }),
        new("more elementwise functions, from newer opsets too", g =>
        {
            Value x = F(g, "x", "B", "S");
            string[] functions = ["LeakyRelu", "Elu", "Gelu", "Mish", "HardSigmoid", "HardSwish", "Sign", "Ceil", "Round", "IsNaN", "IsInf"];
            foreach (string op in functions)
            {
                g.Node(op, [x]);
            }
        }, Opset: 20),
        new("more operators of two operands", g =>
        {
            Value x = F(g, "x", "B", "S", 4), y = F(g, "y", "S", 1);
            Value less = g.Node("Less", [x, y]);
            g.Node("Or", [less, g.Node("LessOrEqual", [y, x])]);
            g.Node("Xor", [less, g.GreaterOrEqual(y, x)]);
            g.Node("Mean", [x, y]);
            g.Node("Mod", [I(g, "i", "B", 1), g.Int64(3)]);
            g.Node("ArgMin", [x], ("axis", 1));
        }),
        new("LayerNormalization with its statistics", g => g.NodeWithOutputs(
            "LayerNormalization", [F(g, "x", "B", "S", 4), F(g, "scale", 4), F(g, "bias", 4)], 3, ("axis", -1))),
        new("Dropout with its mask", g => g.NodeWithOutputs("Dropout", [F(g, "x", "B", "S")], 2)),
    ];

    private static ShapeCase[] Reducing()
    {
        List<ShapeCase> cases = [];
        foreach (int opset in (int[])[13, 17, 18, 20])
        {
            cases.Add(new($"reductions in opset {opset}", Build, Opset: opset));
        }

        return [.. cases];

        static void Build(GraphBuilder g)
        {
            Value x = F(g, "x", "B", "S", 4);
            g.ReduceSum(x, keepDims: true, -1);
            g.ReduceSum(x, keepDims: false, 0, 2);
            g.ReduceMean(x, keepDims: false, 1);
            g.ReduceMean(x, keepDims: true, -1);
            g.ReduceMax(x, keepDims: false, -2);
            g.ReduceSumSquare(x, keepDims: true, 1, 2);
            foreach (string op in (string[])[
                "ReduceSum", "ReduceMean", "ReduceMax", "ReduceMin", "ReduceProd", "ReduceL1", "ReduceL2", "ReduceLogSumExp"])
            {
                g.Node(op, [x]);
                g.Node(op, [x], ("keepdims", 0));
            }
        }
    }

    private static ShapeCase[] FromShapes() =>
    [
        new("Shape, its parts and its length", g =>
        {
            Value x = F(g, "x", "B", "S", 4);
            Value shape = g.Shape(x);
            g.Gather(shape, g.Int64s(1, 0));
            g.Gather(shape, g.Int64(-1));
            g.Slice(shape, 0, 0, 2);
            g.Slice(shape, 0, -2, long.MaxValue);
            g.Node("Size", [x]);
            g.Node("Shape", [x], ("start", 1));
            g.Node("Shape", [x], ("start", -2), ("end", -1));
        }),
        new("arithmetic on extents", g =>
        {
            Value x = F(g, "x", "B", "S", 8);
            Value batch = g.Extent(x, 0), length = g.Extent(x, 1);
            Value rows = g.Mul(batch, length);
            Value back = g.Div(rows, length);
            Value twice = g.Add(back, batch);
            Value sizes = g.Concat(0, rows, g.Int64s(8));
            g.Reshape(x, sizes);
            g.Node("ConstantOfShape", [g.Concat(0, twice, g.Sub(twice, batch))]);
        }),
        new("ConstantOfShape of a shape", g => g.Node("ConstantOfShape", [g.Shape(F(g, "x", "B", "S"))])),
        new("Range over a symbolic extent", g => g.Node("Range", [g.Int64(0), g.Squeeze(g.Extent(F(g, "x", "B", "S"), 1), 0), g.Int64(1)])),
        new("Range by numbers", g => g.Node("Range", [g.Int64(2), g.Int64(7), g.Int64(1)])),
        new("Constant in its forms", g =>
        {
            g.Node("Constant", [], ("value_int", 3L));
            g.Node("Constant", [], ("value_ints", new long[] { 2, 5 }));
            g.Node("Constant", [], ("value_float", 0.5f));
            g.Reshape(F(g, "x", "B", 4), g.Node("Constant", [], ("value_ints", new long[] { 0, 2, 2 })));
        }),
    ];

    private static ShapeCase[] Chains() =>
    [
        new("attention of a BERT layer", g =>
        {
            Value x = F(g, "x", "B", "S", 8);
            Value mask = I(g, "mask", "B", "S");
            Value flat = g.Reshape(x, -1, 8);
            Value back = g.Concat(0, g.Shape(mask), g.Int64s(2, 4));
            Value Heads(string name) => g.Transpose(g.Reshape(g.Gemm(flat, F(g, name, 8, 8), transB: true), back), 0, 2, 1, 3);
            Value scores = g.MatMul(Heads("q"), g.TransposeLast(Heads("k")));
            Value bias = g.Mul(g.SubFrom(1, g.Cast(g.Unsqueeze(mask, 1, 2), ElementType.Float32)), -1e4);
            Value context = g.MatMul(g.Softmax(g.Add(scores, bias)), Heads("v"));
            Value joined = g.Reshape(g.Transpose(context, 0, 2, 1, 3), 0, 0, 8);
            g.Add(joined, x);
        }),
        new("rotary position and grouped keys of a Llama layer", g =>
        {
            Value x = F(g, "x", "B", "S", 8);
            Value length = g.Extent(x, 1);
            Value cos = g.Slice(F(g, "cos", 16, 2), 0, g.Int64s(0), length);
            Value q = g.Transpose(g.Reshape(x, 0, 0, 4, 2), 0, 2, 1, 3);
            Value turned = g.Concat(-1, g.Neg(g.Slice(q, -1, 1, 2)), g.Slice(q, -1, 0, 1));
            g.Add(g.Mul(q, cos), g.Mul(turned, cos));
            Value k = g.Reshape(F(g, "k", "B", 2, "S", 2), 0, 0, 1, -1, 2);
            Value shape = g.Concat(0, g.Extent(x, 0), g.Int64s(2, 2), length, g.Int64s(2));
            Value repeated = g.Expand(g.Unsqueeze(F(g, "kk", "B", 2, "S", 2), 2), shape);
            Value groups = g.Reshape(repeated, g.Concat(0, g.Extent(x, 0), g.Int64s(4), length, g.Int64s(2)));
            g.MatMul(q, g.TransposeLast(groups));
        }),
        new("mean pooling and normalisation", g =>
        {
            Value x = F(g, "x", "B", "S", 8);
            Value mask = g.Unsqueeze(g.Cast(I(g, "mask", "B", "S"), ElementType.Float32), -1);
            Value mean = g.Div(g.ReduceSum(g.Mul(x, mask), keepDims: false, 1), g.ClipMin(g.ReduceSum(mask, keepDims: false, 1), 1e-9));
            Value unit = g.Div(mean, g.Sqrt(g.ReduceSumSquare(mean, keepDims: true, 1)));
            g.MatMul(unit, g.Transpose(unit, 1, 0));
        }),
    ];
}
