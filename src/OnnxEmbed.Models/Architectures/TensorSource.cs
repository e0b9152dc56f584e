using OnnxEmbed.Tensors;

namespace OnnxEmbed.Models.Architectures;

/// <summary>Gives the numbers of one parameter.</summary>
/// <param name="name">The Hugging Face name without model prefix.</param>
/// <param name="shape">Extents that the tensor must have.</param>
public delegate TensorData TensorSource(string name, long[] shape);
