namespace OnnxEmbed.Merging.Adapters.Extracting;

/// <summary>A weight that can get a low-rank change.</summary>
/// <param name="Tensor">Name of the initializer.</param>
/// <param name="Module">Name of the layer.</param>
/// <param name="IsEmbedding">Whether it is a table.</param>
/// <param name="Transposed">Whether it lies as [in, out]; a table does.</param>
internal sealed record ExtractedLayer(string Tensor, string Module, bool IsEmbedding, bool Transposed);
