namespace OnnxEmbed.Onnx.Aligning;

/// <summary>A node in the form that exports of one architecture share.</summary>
/// <param name="Operator">Operator with its domain.</param>
/// <param name="Attributes">Attributes as text, in order of their names.</param>
/// <param name="Name">Name of the node that it was made from.</param>
/// <param name="Inputs">Its operands; null for one that is left out.</param>
internal sealed record CanonicalNode(string Operator, string Attributes, string Name, IReadOnlyList<CanonicalValue?> Inputs)
{
    /// <summary>Whether the operands may change places.</summary>
    public bool IsCommutative => Operator is "Add" or "Mul" or "Max" or "Min" or "Sum" or "And" or "Or" or "Equal";

    /// <summary>The values it makes.</summary>
    public List<CanonicalValue> Outputs { get; } = [];

    public bool Equals(CanonicalNode? other) => ReferenceEquals(this, other);

    public override int GetHashCode() => System.Runtime.CompilerServices.RuntimeHelpers.GetHashCode(this);
}
