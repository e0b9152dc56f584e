using OnnxEmbed.Models.Adapters;

namespace OnnxEmbed.Merging.Adapters;

/// <summary>A module of an adapter and the tensor it changes.</summary>
/// <param name="Tensor">Name of the initializer.</param>
/// <param name="Module">The module.</param>
/// <param name="Transposed">
/// Whether the tensor lies as [in, out]; of an embedding whether it lies as [vocabulary, width], as it mostly does.
/// </param>
internal sealed record AdapterBinding(string Tensor, LoraModule Module, bool Transposed)
{
    /// <summary>Name of the initializer that holds the layer's bias; null where the adapter does not change it.</summary>
    public string? Bias { get; init; }
}
