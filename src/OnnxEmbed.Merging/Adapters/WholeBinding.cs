using OnnxEmbed.Tensors;

namespace OnnxEmbed.Merging.Adapters;

/// <summary>A tensor that an adapter replaces.</summary>
/// <param name="Tensor">Name of the initializer.</param>
/// <param name="Value">Its values in the adapter.</param>
/// <param name="Transposed">Whether the initializer lies the other way round.</param>
internal sealed record WholeBinding(string Tensor, TensorData Value, bool Transposed);
