using OnnxEmbed.Models.Adapters;

namespace OnnxEmbed.Merging.Adapters;

/// <summary>A module of an adapter and the tensor it changes.</summary>
/// <param name="Tensor">Name of the initializer.</param>
/// <param name="Module">The module.</param>
/// <param name="Transposed">Whether the tensor lies as [in, out].</param>
internal sealed record AdapterBinding(string Tensor, LoraModule Module, bool Transposed);
