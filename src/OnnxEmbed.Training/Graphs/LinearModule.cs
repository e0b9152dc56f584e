using OnnxEmbed.Onnx.Schema;

namespace OnnxEmbed.Training.Graphs;

/// <summary>A node that multiplies activations by a weight: one linear layer.</summary>
/// <param name="Name">Module name, as <c>layers.0.self_attn.q_proj</c>.</param>
/// <param name="Node">The Gemm or MatMul.</param>
/// <param name="Weight">Name of the initializer.</param>
/// <param name="InputSize">Features in.</param>
/// <param name="OutputSize">Features out.</param>
internal sealed record LinearModule(string Name, NodeProto Node, string Weight, long InputSize, long OutputSize);
