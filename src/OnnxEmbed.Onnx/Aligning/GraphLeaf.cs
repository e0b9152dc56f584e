using OnnxEmbed.Tensors;

namespace OnnxEmbed.Onnx.Aligning;

/// <summary>A tensor that a graph starts from: an initializer, or the value of a Constant node.</summary>
/// <param name="Name">Name of the value.</param>
/// <param name="Shape">Extents as stored; of packed quantised weights as they are unpacked.</param>
/// <param name="IsFloat">Whether its values are real numbers, also where they are quantised.</param>
/// <param name="IsInitializer">Whether it is an initializer rather than the value of a node.</param>
/// <param name="Values">Its values; null where they have no whole bytes.</param>
internal sealed record GraphLeaf(string Name, IReadOnlyList<long> Shape, bool IsFloat, bool IsInitializer, TensorData? Values)
{
    /// <summary>Whether it can hold learned numbers: floating-point and more than one.</summary>
    public bool IsWeight => IsFloat && TensorData.CountElements(Shape) > 1;

    public bool Equals(GraphLeaf? other) => ReferenceEquals(this, other);

    public override int GetHashCode() => System.Runtime.CompilerServices.RuntimeHelpers.GetHashCode(this);
}
