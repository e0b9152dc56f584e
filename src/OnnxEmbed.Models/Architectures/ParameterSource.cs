using OnnxEmbed.Onnx.Building;

namespace OnnxEmbed.Models.Architectures;

/// <summary>
/// Gives a graph the value of one parameter: an initializer in a model for inference, an input in a training graph. It is asked once for
/// each parameter of a graph.
/// </summary>
/// <param name="name">The Hugging Face name without model prefix, for example <c>encoder.layer.0.attention.self.query.weight</c>.</param>
/// <param name="shape">Extents that the parameter must have.</param>
public delegate Value ParameterSource(string name, long[] shape);
