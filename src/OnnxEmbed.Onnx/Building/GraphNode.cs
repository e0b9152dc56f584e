using OnnxEmbed.Onnx.Schema;

namespace OnnxEmbed.Onnx.Building;

/// <summary>A node with its operands resolved. An optional input or output that is left out is <see langword="null"/>.</summary>
/// <param name="Proto">The node as it stands in the file.</param>
/// <param name="Inputs">Operands in the operator's order.</param>
/// <param name="Outputs">Results in the operator's order.</param>
public sealed record GraphNode(NodeProto Proto, IReadOnlyList<Value?> Inputs, IReadOnlyList<Value?> Outputs)
{
    /// <summary>Operator, with its domain where that is not ONNX's own.</summary>
    public string OpType => string.IsNullOrEmpty(Proto.Domain) || Proto.Domain == "ai.onnx" ? Proto.OpType : $"{Proto.Domain}.{Proto.OpType}";

    /// <summary>An operand that the operator requires.</summary>
    /// <exception cref="GraphException">The operand is missing.</exception>
    public Value Input(int index) => index < Inputs.Count && Inputs[index] is { } value
        ? value
        : throw new GraphException($"{this}: needs input {index}, got {Inputs.Count(input => input is not null)} inputs");

    /// <summary>An operand that may be left out.</summary>
    public Value? OptionalInput(int index) => index < Inputs.Count ? Inputs[index] : null;

    /// <summary>Operator, node name and operands, for messages.</summary>
    public override string ToString() =>
        $"{OpType} \"{Proto.Name}\" ({string.Join(", ", Inputs.Select(input => input?.ToString() ?? "-"))})";
}
