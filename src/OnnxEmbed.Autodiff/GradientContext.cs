using OnnxEmbed.Onnx.Building;
using OnnxEmbed.Tensors;

namespace OnnxEmbed.Autodiff;

/// <summary>One node as a gradient rule sees it: its operands, the cotangents of its outputs, and the graph to emit into.</summary>
internal sealed class GradientContext(GraphBuilder graph, GraphNode node, IReadOnlyList<Value?> cotangents, Func<int, bool> needs)
{
    public GraphBuilder Graph { get; } = graph;

    public GraphNode Node { get; } = node;

    public int InputCount => Node.Inputs.Count;

    /// <summary>Whether the input lies on a path to a trainable tensor.</summary>
    public bool Needs(int index) => needs(index);

    public Value Input(int index) => Node.Input(index);

    public Value Output(int index = 0) => Node.Outputs[index]!;

    public long Int(string name, long fallback) => Node.Proto.GetInt(name, fallback);

    public float Float(string name, float fallback) => Node.Proto.GetFloat(name, fallback);

    /// <summary>Whether the loss depends on an output.</summary>
    public bool HasCotangent(int index) => index < cotangents.Count && cotangents[index] is not null;

    /// <summary>Cotangent of an output in the output's full shape; zeros where the loss does not use it.</summary>
    public Value Cotangent(int index = 0) => cotangents[index] is { } cotangent
        ? Broadcast.To(Graph, cotangent, Output(index))
        : Graph.Expand(Graph.Scalar(0, Output(index).Type), Graph.Shape(Output(index)));

    /// <summary>
    /// Cotangent of the only output, possibly with extents of 1 that stand for equal values along an axis (as a reduction leaves them).
    /// Elementwise rules use it: their products broadcast by themselves, so nothing is expanded in memory. It is the full one where an
    /// operand was broadcast, since there the equal values must be counted.
    /// </summary>
    public Value LazyCotangent()
    {
        bool wasBroadcast = Node.Inputs.Where((input, i) => input is not null && Needs(i)).Any(input => !input!.Shape.Equals(Output().Shape));
        return wasBroadcast ? Cotangent() : cotangents[0]!;
    }

    /// <summary>The number in a constant scalar operand, or null where it is none.</summary>
    public double? ConstantScalar(int index) =>
        Node.OptionalInput(index) is { } value && Graph.Tensors.TryGetValue(value.Name, out TensorData? data) && data.ElementCount == 1
            ? data.ElementType switch
            {
                ElementType.Float32 => data.ToArray<float>()[0],
                ElementType.Float64 => data.ToArray<double>()[0],
                _ => null,
            }
            : null;

    /// <summary>A node that this rule cannot differentiate as it stands.</summary>
    public RuleException Unsupported(string reason) => new(reason);

    /// <summary>Thrown by a rule; the walker adds operator, node and path.</summary>
    internal sealed class RuleException(string reason) : Exception(reason);
}
