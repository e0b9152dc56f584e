using OnnxEmbed.Autodiff.Gradients;

namespace OnnxEmbed.Autodiff;

/// <summary>The gradient rules by operator and the opset since which each holds; the newest not above the graph's opset is taken.</summary>
internal static class GradientRules
{
    private static readonly (string Operator, int SinceOpset, GradientRule Rule)[] Table =
    [
        ("Add", 7, Arithmetic.Add),
        ("Sub", 7, Arithmetic.Sub),
        ("Mul", 7, Arithmetic.Mul),
        ("Div", 7, Arithmetic.Div),
        ("Pow", 7, Arithmetic.Pow),
        ("Neg", 6, Arithmetic.Neg),
        ("Abs", 6, Arithmetic.Abs),
        ("Sqrt", 6, Arithmetic.Sqrt),
        ("Reciprocal", 6, Arithmetic.Reciprocal),
        ("Exp", 6, Arithmetic.Exp),
        ("Log", 6, Arithmetic.Log),
        ("Sin", 7, Arithmetic.Sin),
        ("Cos", 7, Arithmetic.Cos),
        ("Sum", 8, Arithmetic.Sum),
        ("Mean", 8, Arithmetic.Mean),
        ("Identity", 1, Arithmetic.Identity),
        ("Cast", 6, Arithmetic.Cast),

        ("Erf", 9, Activations.Erf),
        ("Tanh", 6, Activations.Tanh),
        ("Sigmoid", 6, Activations.Sigmoid),
        ("Relu", 6, Activations.Relu),
        ("LeakyRelu", 6, Activations.LeakyRelu),
        ("Softplus", 1, Activations.Softplus),
        ("Gelu", 20, Activations.Gelu),
        ("Mish", 18, Activations.Mish),

        ("Where", 9, Selection.Where),
        ("Clip", 11, Selection.Clip),
        ("Max", 8, Selection.Extremum),
        ("Min", 8, Selection.Extremum),
        ("Floor", 6, Selection.Flat),
        ("Ceil", 6, Selection.Flat),
        ("Round", 11, Selection.Flat),
        ("Sign", 9, Selection.Flat),

        ("MatMul", 1, Products.MatMul),
        ("Gemm", 7, Products.Gemm),

        ("Softmax", 13, Normalization.Softmax),
        ("LogSoftmax", 13, Normalization.LogSoftmax),
        ("LayerNormalization", 17, Normalization.LayerNormalization),

        ("ReduceSum", 1, Reductions.Sum),
        ("ReduceMean", 1, Reductions.Mean),
        ("ReduceMax", 1, Reductions.Extremum),
        ("ReduceMin", 1, Reductions.Extremum),
        ("ReduceSumSquare", 1, Reductions.SumSquare),
        ("ReduceL2", 1, Reductions.L2),
        ("ReduceLogSumExp", 1, Reductions.LogSumExp),

        ("Reshape", 5, Layout.SameElements),
        ("Flatten", 1, Layout.SameElements),
        ("Unsqueeze", 1, Layout.SameElements),
        ("Squeeze", 1, Layout.SameElements),
        ("Transpose", 1, Layout.Transpose),
        ("Expand", 8, Layout.Expand),
        ("Concat", 4, Layout.Concat),
        ("Split", 13, Layout.Split),
        ("Slice", 10, Layout.Slice),

        ("Gather", 1, Indexing.Gather),
        ("GatherElements", 11, Indexing.GatherElements),
    ];

    /// <summary>Operators that have a rule, in the table's order.</summary>
    public static IEnumerable<string> Operators => Table.Select(row => row.Operator).Distinct();

    /// <summary>The rule for an operator, or null where there is none at that opset.</summary>
    public static GradientRule? Find(string opType, int opset) =>
        Table.Where(row => row.Operator == opType && row.SinceOpset <= opset).OrderBy(row => row.SinceOpset).Select(row => row.Rule).LastOrDefault();
}
