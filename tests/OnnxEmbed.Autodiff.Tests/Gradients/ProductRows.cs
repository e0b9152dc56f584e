using OnnxEmbed.Onnx.Building;
using OnnxEmbed.TestKit.Gradients;
using static OnnxEmbed.Autodiff.Tests.Gradients.Rows;

namespace OnnxEmbed.Autodiff.Tests.Gradients;

/// <summary>Rows for matrix products, softmax, layer normalisation and reductions.</summary>
internal static class ProductRows
{
    public static IEnumerable<GradientCase> All => [.. MatMul(), .. Gemm(), .. Normalization(), .. Reductions()];

    private static IEnumerable<GradientCase> MatMul()
    {
        (string Name, Dim[] Left, Dim[] Right)[] shapes =
        [
            ("matrices", [3, 4], [4, 2]),
            ("batch and matrix", [2, 3, 4], [4, 2]),
            ("deep batch and matrix", [2, 3, 2, 4], [4, 2]),
            ("matrix and batch", [3, 4], [2, 4, 2]),
            ("batches", [2, 3, 4], [2, 4, 2]),
            ("batches with a middle 1", [2, 1, 3, 4], [2, 5, 4, 2]),
            ("batches broadcast on both sides", [2, 1, 3, 4], [5, 4, 2]),
            ("vector left", [4], [4, 2]),
            ("vector right", [3, 4], [4]),
            ("vectors", [4], [4]),
            ("vector and batch", [4], [2, 3, 4, 2]),
            ("batch and vector", [2, 3, 4], [4]),
            ("rows of 1", [1, 4], [4, 1]),
            ("symbols, projection", ["B", "S", 4], [4, 2]),
            ("symbols, attention scores", ["B", 2, "S", 4], ["B", 2, 4, "S"]),
            ("symbols, attention context", ["B", 2, "S", "S"], ["B", 2, "S", 4]),
            ("symbols, grouped keys", ["B", 2, 3, "S", 4], ["B", 2, 1, 4, "S"]),
            ("symbols, in-batch scores", ["B", 4], [4, "B"]),
            ("symbols, matrix and batch", ["S", 4], ["B", 4, "S"]),
        ];
        foreach ((string name, Dim[] a, Dim[] b) in shapes)
        {
            yield return Row($"MatMul: {name}", [X(Domain.Real, a), X(Domain.Real, b)], (g, x) => g.MatMul(x[0], x[1]));
            yield return Row($"MatMul: {name}, by the left", [X(Domain.Real, a), X(Domain.Real.Frozen(), b)], (g, x) =>
                g.MatMul(x[0], x[1]));
            yield return Row($"MatMul: {name}, by the right", [X(Domain.Real.Frozen(), a), X(Domain.Real, b)], (g, x) =>
                g.MatMul(x[0], x[1]));
        }

        yield return Row("MatMul: with its own transpose", [X(Domain.Real, "B", 4)], (g, x) => g.MatMul(x[0], g.TransposeLast(x[0])));
        yield return Row("MatMul: summed extent known by two names", [X(Domain.Real, "B", 1, "S"), X(Domain.Real, "B", "T", 4)], (g, x) =>
            g.MatMul(x[0], x[1])) with
        {
            Sizes = [new Dictionary<string, long> { ["B"] = 2, ["S"] = 3, ["T"] = 3 }],
        };
        yield return Row("MatMul: under a sum", [X(Domain.Real, "B", "S", 4), X(Domain.Real, 4, 2)], (g, x) =>
            g.ReduceSum(g.MatMul(x[0], x[1]), keepDims: true, 1));
    }

    private static IEnumerable<GradientCase> Gemm()
    {
        foreach (bool transA in (bool[])[false, true])
        {
            foreach (bool transB in (bool[])[false, true])
            {
                Dim[] a = transA ? [4, "B"] : ["B", 4];
                Dim[] b = transB ? [3, 4] : [4, 3];
                string form = $"{(transA ? "aᵀ" : "a")}·{(transB ? "bᵀ" : "b")}";
                yield return Row($"Gemm: {form}", [X(Domain.Real, a), X(Domain.Real, b)], (g, x) =>
                    g.Gemm(x[0], x[1], null, transA, transB));
                yield return Row(
                    $"Gemm: {form} scaled, with c", [X(Domain.Real, a), X(Domain.Real, b), X(Domain.Real, 3)],
                    (g, x) => g.Gemm(x[0], x[1], x[2], transA, transB, alpha: 0.5, beta: -1.5));
            }
        }

        (string Name, Dim[] C)[] addends = [("full", [2, 3]), ("row", [1, 3]), ("column", [2, 1]), ("scalar", []), ("one", [1])];
        foreach ((string name, Dim[] c) in addends)
        {
            yield return Row(
                $"Gemm: c is a {name}", [X(Domain.Real, 2, 4), X(Domain.Real, 4, 3), X(Domain.Real, c)], (g, x) =>
                    g.Gemm(x[0], x[1], x[2]));
        }

        yield return Row(
            "Gemm: by the weight alone", [X(Domain.Real.Frozen(), "B", 4), X(Domain.Real, 3, 4), X(Domain.Real.Frozen(), 3)],
            (g, x) => g.Gemm(x[0], x[1], x[2], transB: true));
        yield return Row(
            "Gemm: by the bias alone", [X(Domain.Real.Frozen(), "B", 4), X(Domain.Real.Frozen(), 3, 4), X(Domain.Real, 3)],
            (g, x) => g.Gemm(x[0], x[1], x[2], transB: true));
    }

    private static IEnumerable<GradientCase> Normalization()
    {
        foreach (string op in (string[])["Softmax", "LogSoftmax"])
        {
            yield return Row($"{op}: default axis", [X(Domain.Real, 2, 3)], (g, x) => g.Node(op, [x[0]]));
            yield return Row($"{op}: first axis", [X(Domain.Real, 4, 3)], (g, x) => g.Node(op, [x[0]], ("axis", 0)));
            yield return Row($"{op}: vector", [X(Domain.Real, 5)], (g, x) => g.Node(op, [x[0]], ("axis", -1)));
            yield return Row($"{op}: symbols", [X(Domain.Real, "B", 2, "S", "S")], (g, x) => g.Node(op, [x[0]], ("axis", -1)));
            yield return Row($"{op}: middle axis", [X(Domain.Real, "B", "S", 2)], (g, x) => g.Node(op, [x[0]], ("axis", 1)), opset: 13);
            yield return Row(
                $"{op}: under a sum", [X(Domain.Real, "B", "S", 4)], (g, x) => g.ReduceSum(g.Node(op, [x[0]]), keepDims: true, 1));
        }

        foreach ((string name, Dim[] shape, int axis, Dim[] scale) in ((string, Dim[], int, Dim[])[])
            [
                ("last axis", [3, 4], -1, [4]), ("symbols", ["B", "S", 4], -1, [4]), ("two axes", [2, 3, 4], 1, [3, 4]),
                ("all axes", [3, 4], 0, [3, 4]), ("scale of one axis over two", [2, 3, 4], 1, [4]), ("scalar scale", [3, 4], -1, []),
            ])
        {
            yield return Row(
                $"LayerNormalization: {name}", [X(Domain.Real, shape), X(Domain.NonZero, scale), X(Domain.Real, scale)],
                (g, x) => g.Node("LayerNormalization", x, ("axis", axis), ("epsilon", 1e-3)));
        }

        yield return Row(
            "LayerNormalization: without a bias", [X(Domain.Real, "B", 4), X(Domain.NonZero, 4)],
            (g, x) => g.Node("LayerNormalization", x), opset: 17);
        yield return Row(
            "LayerNormalization: by the input alone", [X(Domain.Real, "B", 4), X(Domain.NonZero.Frozen(), 4), X(Domain.Real.Frozen(), 4)],
            (g, x) => g.LayerNormalization(x[0], x[1], x[2], 1e-5));
        yield return Row(
            "LayerNormalization: by scale and bias alone", [X(Domain.Real.Frozen(), "B", 4), X(Domain.NonZero, 4), X(Domain.Real, 4)],
            (g, x) => g.LayerNormalization(x[0], x[1], x[2], 1e-5));
        yield return Row(
            "LayerNormalization: by the bias alone", [X(Domain.Real.Frozen(), "B", 4), X(Domain.NonZero.Frozen(), 4), X(Domain.Real, 4)],
            (g, x) => g.LayerNormalization(x[0], x[1], x[2], 1e-5));
        yield return Row(
            "LayerNormalization: under a sum", [X(Domain.Real, "B", "S", 4), X(Domain.NonZero, 4), X(Domain.Real, 4)],
            (g, x) => g.ReduceSum(g.LayerNormalization(x[0], x[1], x[2], 1e-5), keepDims: true, 1));
        yield return Row("Sqrt: RMSNorm as Llama graphs write it", [X(Domain.Real, "B", "S", 4), X(Domain.NonZero, 4)], (g, x) =>
            g.Mul(g.Div(x[0], g.Sqrt(g.Add(g.ReduceMean(g.Mul(x[0], x[0]), keepDims: true, -1), 1e-6))), x[1]));
        yield return Row("Div: unit length as pooling writes it", [X(Domain.Real, "B", 4)], (g, x) =>
            g.Div(x[0], g.Node("Clip", [g.Node("ReduceL2", [x[0], g.Int64s(1)]), g.Scalar(1e-12)])));
    }

    private static IEnumerable<GradientCase> Reductions()
    {
        (string Op, Domain Domain)[] ops =
        [
            ("ReduceSum", Domain.Real), ("ReduceMean", Domain.Real), ("ReduceMax", Domain.Distinct), ("ReduceMin", Domain.Distinct),
            ("ReduceSumSquare", Domain.Real), ("ReduceL2", Domain.NonZero), ("ReduceLogSumExp", Domain.Real),
        ];
        foreach ((string op, Domain domain) in ops)
        {
            int axesInput = op == "ReduceSum" ? 13 : 18;
            foreach (int opset in (int[])[13, 17, 18, 21])
            {
                foreach (bool keep in (bool[])[true, false])
                {
                    string form = $"opset {opset}{(keep ? ", axes kept" : string.Empty)}";
                    yield return Reduce($"{op}: last axis, {form}", [X(domain, "B", "S", 4)], keep, -1);
                    yield return Reduce($"{op}: symbolic axis, {form}", [X(domain, "B", "S", 4)], keep, 1);
                    yield return Reduce($"{op}: two axes, {form}", [X(domain, 2, 3, 4)], keep, 0, -1);
                    yield return Row($"{op}: all axes, {form}", [X(domain, "B", 3)], (g, x) =>
                        g.Node(op, [x[0]], ("keepdims", keep)), opset);

                    GradientCase Reduce(string name, GradientInput[] inputs, bool keepDims, params long[] axes) => Row(
                        name, inputs,
                        (g, x) => opset >= axesInput
                            ? g.Node(op, [x[0], g.Int64s(axes)], ("keepdims", keepDims))
                            : g.Node(op, [x[0]], ("axes", axes), ("keepdims", keepDims)),
                        opset);
                }
            }

            yield return Row($"{op}: a vector to a scalar", [X(domain, 5)], (g, x) => g.Node(op, [x[0]], ("keepdims", false)));
            yield return Row($"{op}: over an extent of 1", [X(domain, 3, 1)], (g, x) => g.Node(op, [x[0], g.Int64s(1)]));
            yield return Row(
                $"{op}: no axes and no reduction", [X(domain, 2, 3)], (g, x) => g.Node(op, [x[0]], ("noop_with_empty_axes", 1)));
            yield return Row($"{op}: twice", [X(domain, 2, 3, 4)], (g, x) => g.ReduceSum(g.Node(op, [x[0], g.Int64s(2)]), true, 1));
        }
    }
}
