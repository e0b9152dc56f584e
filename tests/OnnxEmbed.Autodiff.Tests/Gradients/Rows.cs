using OnnxEmbed.Onnx.Building;
using OnnxEmbed.TestKit.Gradients;

namespace OnnxEmbed.Autodiff.Tests.Gradients;

/// <summary>Makes rows of the gradient tables. A row's name begins with the operator that it tests.</summary>
internal static class Rows
{
    public static GradientInput X(Domain domain, params Dim[] shape) => new(domain, shape);

    /// <summary>A row with one output.</summary>
    public static GradientCase Row(string name, GradientInput[] inputs, Func<GraphBuilder, Value[], Value> build, int opset = 20) =>
        new(name, inputs, (g, x) => [build(g, x)]) { Opset = opset };

    /// <summary>A row with several outputs.</summary>
    public static GradientCase Many(string name, GradientInput[] inputs, Func<GraphBuilder, Value[], Value[]> build, int opset = 20) =>
        new(name, inputs, build) { Opset = opset };

    /// <summary>
    /// A function of one operand at all shapes, then with a reduction behind it, so that its cotangent comes with an extent of 1.
    /// </summary>
    public static IEnumerable<GradientCase> Unary(string op, Domain domain, Func<GraphBuilder, Value, Value> apply, int opset = 20)
    {
        foreach ((string name, Dim[] shape) in Broadcasting.Shapes)
        {
            yield return Row($"{op}: {name}", [X(domain, shape)], (g, x) => apply(g, x[0]), opset);
        }

        yield return Row(
            $"{op}: under a sum", [X(domain, "B", "S", 4)], (g, x) => g.ReduceSum(apply(g, x[0]), keepDims: true, 1), opset);
    }

    /// <summary>A standard operator of one operand.</summary>
    public static IEnumerable<GradientCase> Unary(string op, Domain domain, int opset = 20) =>
        Unary(op, domain, (g, x) => g.Node(op, [x]), opset);

    /// <summary>
    /// An operator of two operands at all broadcast patterns, differentiated by both, by the left and by the right alone, the pattern's
    /// outcome as it is and summed, so that its cotangent comes with extents of 1.
    /// </summary>
    public static IEnumerable<GradientCase> Binary(
        string op, Domain left, Domain right, Func<GraphBuilder, Value, Value, Value>? apply = null)
    {
        Func<GraphBuilder, Value, Value, Value> make = apply ?? ((g, a, b) => g.Node(op, [a, b]));
        foreach ((string name, Dim[] a, Dim[] b) in Broadcasting.Patterns)
        {
            foreach ((string part, Domain first, Domain second) in new[]
            {
                ("by both", left, right), ("by the left", left, right.Frozen()), ("by the right", left.Frozen(), right),
            })
            {
                yield return Row($"{op}: {name}, {part}", [X(first, a), X(second, b)], (g, x) => make(g, x[0], x[1]));
                yield return Row($"{op}: {name}, {part}, under a sum", [X(first, a), X(second, b)], (g, x) =>
                {
                    Value y = make(g, x[0], x[1]);
                    return y.Rank == 0 ? y : g.ReduceSum(y, keepDims: true, -1);
                });
            }
        }
    }
}
