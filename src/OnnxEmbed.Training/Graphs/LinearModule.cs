namespace OnnxEmbed.Training.Graphs;

/// <summary>A node that multiplies activations by a weight: one linear layer.</summary>
/// <param name="Name">Module name, as <c>layers.0.self_attn.q_proj</c>.</param>
/// <param name="Weight">Name of the initializer.</param>
/// <param name="IsOutputFirst">Whether the weight is [out, in], as a Gemm with transB takes it, rather than [in, out].</param>
/// <param name="Input">Name of the activations [..., in].</param>
/// <param name="Output">Name of the result [..., out].</param>
/// <param name="InputSize">Features in.</param>
/// <param name="OutputSize">Features out.</param>
internal sealed record LinearModule(
    string Name, string Weight, bool IsOutputFirst, string Input, string Output, long InputSize, long OutputSize);
