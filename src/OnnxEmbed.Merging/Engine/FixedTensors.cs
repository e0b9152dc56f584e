using OnnxEmbed.Onnx.Schema;
using OnnxEmbed.Tensors;

namespace OnnxEmbed.Merging.Engine;

/// <summary>
/// Tells weights from what belongs to the graph: float constants (the ε of a norm, 1/√d, limits of a Clip) and tables of positions that
/// exporters store as initializers. They are never blended.
/// </summary>
internal sealed class FixedTensors(GraphProto graph)
{
    private static readonly HashSet<string> Arithmetic =
        ["Add", "Sub", "Mul", "Div", "Pow", "Clip", "Max", "Min", "Sqrt", "Where", "Less", "Greater", "Equal", "Range", "Mod"];

    private static readonly string[] TableNames = ["inv_freq", "rotary", "rope", "cos_cached", "sin_cached"];

    /// <summary>Operators whose integer inputs are weights in another coding: whole numbers there cannot be averaged, nor taken from one model.</summary>
    private static readonly HashSet<string> Quantised =
    [
        "DequantizeLinear", "MatMulInteger", "QLinearMatMul", "ConvInteger", "QLinearConv", "MatMulNBits", "DynamicQuantizeMatMul",
        "MatMulIntegerToFloat", "QGemm", "QAttention", "QLinearAdd", "GatherBlockQuantized", "MatMulBnb4",
    ];

    private readonly Consumers _consumers = new(graph);

    /// <summary>Whether a float tensor is part of the graph rather than learned.</summary>
    public bool IsConstant(string name, TensorData tensor)
    {
        if (TableNames.Any(part => name.Contains(part, StringComparison.OrdinalIgnoreCase))
            && !name.EndsWith(".weight", StringComparison.Ordinal) && !name.EndsWith(".bias", StringComparison.Ordinal))
        {
            return true;
        }

        bool named = name.EndsWith(".weight", StringComparison.Ordinal) || name.EndsWith(".bias", StringComparison.Ordinal);
        if (tensor.ElementCount != 1 || named || !_consumers.Of(name).Any())
        {
            return false;
        }

        // Scales of activations were measured together with zero points, which are whole numbers and not blended either.
        return _consumers.Of(name).All(use => Arithmetic.Contains(use.Node.OpType))
            || _consumers.Of(name).All(use => use.Node.OpType == "QuantizeLinear" || Quantised.Contains(use.Node.OpType));
    }

    /// <summary>Whether an integer tensor holds quantised weights.</summary>
    public bool IsQuantisedWeight(string name) => QuantisedUse(name) is not null;

    /// <summary>The node that reads a tensor as quantised weights, or what belongs to them; null for none.</summary>
    public NodeProto? QuantisedUse(string name) => _consumers.Of(name).Select(use => use.Node).FirstOrDefault(node => Quantised.Contains(node.OpType));
}
