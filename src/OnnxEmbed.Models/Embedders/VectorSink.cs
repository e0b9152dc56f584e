namespace OnnxEmbed.Models.Embedders;

/// <summary>Receives the vector of a text.</summary>
/// <param name="text">Position of the text.</param>
/// <param name="vector">Its vector, which is overwritten afterwards.</param>
internal delegate void VectorSink(int text, ReadOnlySpan<float> vector);
