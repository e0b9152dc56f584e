using OnnxEmbed.Onnx.Schema;
using OnnxEmbed.Tensors;

namespace OnnxEmbed.Onnx.Building;

/// <summary>One node as a shape rule sees it, with the questions that rules ask.</summary>
internal sealed class InferenceContext(NodeProto node, IReadOnlyList<Value?> inputs, int opset, Func<Dim> fresh)
{
    public NodeProto Node { get; } = node;

    public IReadOnlyList<Value?> Inputs { get; } = inputs;

    public int Opset { get; } = opset;

    public int OutputCount => Node.Output.Count;

    /// <summary>An extent about which nothing is known.</summary>
    public Dim Fresh() => fresh();

    public Value Input(int index) => Optional(index) ?? throw Fault($"needs input {index}");

    public Value? Optional(int index) => index < Inputs.Count ? Inputs[index] : null;

    /// <summary>Elements of a small integer input, or null where they are only known at run time.</summary>
    public IReadOnlyList<Dim>? Contents(int index) => Optional(index)?.Contents;

    /// <summary>Elements of an input that must be constant numbers.</summary>
    public long[]? Numbers(int index) =>
        Contents(index) is { } contents && contents.All(dim => dim.IsKnown) ? [.. contents.Select(dim => dim.Value)] : null;

    /// <summary>Axes from the input (newer opsets) or the attribute (older ones); null where there are none.</summary>
    public long[]? Axes(int inputIndex)
    {
        if (Optional(inputIndex) is null)
        {
            return Node.GetInts("axes");
        }

        return Numbers(inputIndex) ?? throw Fault($"needs constant axes in input {inputIndex}");
    }

    public int Axis(long axis, int rank) => axis >= -rank && axis < rank
        ? (int)(axis < 0 ? axis + rank : axis)
        : throw Fault($"needs an axis in [{-rank}, {rank - 1}], got {axis}");

    public GraphException Fault(string what) => new($"{new GraphNode(Node, Inputs, [])}: {what}");

    public Inferred[] Same(int index = 0) => [new Inferred(Input(index).Type, Input(index).Shape)];

    public Inferred[] Same(ElementType type) => [new Inferred(type, Input(0).Shape)];

    /// <summary>Shape that several operands broadcast to (ONNX: numpy's rule).</summary>
    public SymbolicShape Broadcast(params IEnumerable<Value> operands)
    {
        Value[] all = [.. operands];
        int rank = all.Max(operand => operand.Rank);
        Dim[] dims = new Dim[rank];
        for (int axis = 0; axis < rank; axis++)
        {
            Dim dim = 1;
            foreach (Value operand in all)
            {
                int own = axis - (rank - operand.Rank);
                if (own < 0 || operand.Shape[own].IsOne || operand.Shape[own] == dim)
                {
                    continue;
                }

                Dim next = operand.Shape[own];
                dim = dim.IsOne ? next
                    : dim.IsKnown && next.IsKnown ? throw Fault($"needs shapes that broadcast, got {string.Join(" and ", all.Select(o => o.Shape))}")
                    : dim.IsKnown ? dim
                    : next.IsKnown ? next
                    : Fresh();
            }

            dims[axis] = dim;
        }

        return new SymbolicShape(dims);
    }
}
