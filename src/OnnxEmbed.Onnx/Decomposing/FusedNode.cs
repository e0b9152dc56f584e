using OnnxEmbed.Onnx.Building;
using OnnxEmbed.Tensors;

namespace OnnxEmbed.Onnx.Decomposing;

/// <summary>A node that is to be decomposed, with the questions that decompositions ask.</summary>
/// <param name="node">The node with its operands.</param>
/// <param name="opset">Version of the operator's domain.</param>
/// <param name="graph">Receives the standard operators.</param>
/// <param name="wanted">Whether anything reads the output of that name.</param>
/// <param name="shared">Values, such as masks, that several nodes of the graph have in common, by what they are made of.</param>
internal sealed class FusedNode(GraphNode node, long opset, GraphBuilder graph, Func<string, bool> wanted, Dictionary<string, Value> shared)
{
    public GraphBuilder Graph { get; } = graph;

    /// <summary>An input that the operator needs.</summary>
    public Value Input(int index) => Optional(index) ?? throw Fault($"needs input {index}, got {node.Inputs.Count(input => input is not null)} inputs");

    /// <summary>An input that may be left out.</summary>
    public Value? Optional(int index) => index < node.Inputs.Count ? node.Inputs[index] : null;

    /// <summary>Whether something reads an output.</summary>
    public bool Wants(int output) => output < node.Proto.Output.Count && node.Proto.Output[output].Length > 0 && wanted(node.Proto.Output[output]);

    public long Int(string attribute, long fallback) => node.Proto.GetInt(attribute, fallback);

    public double Float(string attribute, float fallback) => node.Proto.GetFloat(attribute, fallback);

    public string Text(string attribute, string fallback) => node.Proto.GetString(attribute, fallback);

    public long[]? Longs(string attribute) => node.Proto.GetInts(attribute);

    /// <summary>A number of heads and the like.</summary>
    public long Positive(string attribute) => Int(attribute, 0) is > 0 and <= 1 << 20 and long count
        ? count
        : throw Fault($"needs attribute {attribute} in [1, {1 << 20}], got {Int(attribute, 0)}");

    /// <summary>Refuses attributes whose meaning is not known here.</summary>
    public void Allows(params string[] attributes)
    {
        string[] unknown = [.. node.Proto.Attribute.Select(attribute => attribute.Name).Except(attributes, StringComparer.Ordinal)];
        Needs(unknown.Length == 0, $"attributes of {string.Join(", ", attributes)}, got {string.Join(", ", unknown)}");
    }

    public void Needs(bool holds, string what)
    {
        if (!holds)
        {
            throw Fault("needs " + what);
        }
    }

    /// <summary>Refuses an input; one that is there but has no elements along an axis, as an empty cache, is as good as none.</summary>
    public void Without(int input, string name, int emptyAxis = -1)
    {
        if (Optional(input) is { } value && !(emptyAxis >= 0 && value.HasShape && value.Rank > emptyAxis && value.Shape[emptyAxis] == 0))
        {
            throw Fault($"needs input {input} ({name}) to be left out or empty, got {value}");
        }
    }

    /// <summary>The width of an axis, which has to be a number.</summary>
    public long Extent(Value value, int axis) => value.HasShape && value.Rank >= (axis < 0 ? -axis : axis + 1) && value.Shape.At(axis).IsKnown
        ? value.Shape.At(axis).Value
        : throw Fault($"needs a known extent of axis {axis}, got {value}");

    /// <summary>The rank of a value, which has to be one of those given.</summary>
    public int Rank(Value value, params int[] allowed) => value.HasShape && (allowed.Length == 0 || allowed.Contains(value.Rank))
        ? value.Rank
        : throw Fault($"needs rank {string.Join(" or ", allowed)}, got {value}");

    /// <summary>A value that nodes have in common; made once for each key.</summary>
    public Value Shared(string key, Func<Value> make)
    {
        if (!shared.TryGetValue(key, out Value? value))
        {
            value = make();
            shared.Add(key, value);
        }

        return value;
    }

    /// <summary>Half-precision values in f32, in which normalisations are computed; others as they are.</summary>
    public Value Wide(Value value) => value.Type is ElementType.Float16 or ElementType.BFloat16 ? Graph.Cast(value, ElementType.Float32) : value;

    public DecompositionException Fault(string what) => new(node.OpType, node.Proto.Name, opset, what);
}
