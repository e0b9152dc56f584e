using OnnxEmbed.Onnx.Building;

namespace OnnxEmbed.Onnx.Decomposing;

/// <summary>Adds to the graph what one fused node computes, in standard operators.</summary>
/// <param name="node">The node.</param>
/// <returns>Its outputs in the operator's order; null for one that is not made.</returns>
internal delegate Value?[] Decomposition(FusedNode node);
