using OnnxEmbed.Onnx.Schema;

namespace OnnxEmbed.TestKit.Running;

/// <summary>Operators that ONNX Runtime's CPU provider has in single precision only and that a few standard nodes say exactly.</summary>
internal static class DoubleExpansions
{
    /// <summary>The nodes that stand for a node in double: mostly itself.</summary>
    public static IEnumerable<NodeProto> Expand(NodeProto node) => node.OpType switch
    {
        "Mean" => Mean(node),
        "LeakyRelu" => LeakyRelu(node),
        _ => [node],
    };

    // (a + b + …) / n
    private static NodeProto[] Mean(NodeProto node) =>
    [
        Node("Sum", Inner(node, "sum"), [.. node.Input]),
        Constant(Inner(node, "count"), node.Input.Count),
        Node("Div", node.Output[0], Inner(node, "sum"), Inner(node, "count")),
    ];

    // max(x, 0) + alpha · min(x, 0)
    private static NodeProto[] LeakyRelu(NodeProto node) =>
    [
        Constant(Inner(node, "zero"), 0),
        Constant(Inner(node, "alpha"), node.Attribute.FirstOrDefault(attribute => attribute.Name == "alpha")?.F ?? 0.01f),
        Node("Max", Inner(node, "above"), node.Input[0], Inner(node, "zero")),
        Node("Min", Inner(node, "below"), node.Input[0], Inner(node, "zero")),
        Node("Mul", Inner(node, "scaled"), Inner(node, "below"), Inner(node, "alpha")),
        Node("Add", node.Output[0], Inner(node, "above"), Inner(node, "scaled")),
    ];

    private static string Inner(NodeProto node, string part) => $"{node.Output[0]}/{part}";

    private static NodeProto Node(string op, string output, params string[] inputs) =>
        new() { OpType = op, Name = output, Input = { inputs }, Output = { output } };

    private static NodeProto Constant(string output, double value) =>
        new() { OpType = "Constant", Name = output, Output = { output }, Attribute = { DoubleTwin.TensorAttribute("value", [value], []) } };
}
