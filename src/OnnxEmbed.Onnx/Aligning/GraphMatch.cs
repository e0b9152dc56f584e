namespace OnnxEmbed.Onnx.Aligning;

/// <summary>Which leaf of another graph stands where a leaf of the first stands.</summary>
/// <param name="Pairs">For each part of the first graph's leaves its counterparts, several where the other holds a shared tensor twice.</param>
/// <param name="Ambiguous">Leaves that the graphs do not tell apart: names in the first and names in the other.</param>
internal sealed record GraphMatch(
    IReadOnlyDictionary<LeafPart, IReadOnlyList<LeafPart>> Pairs,
    IReadOnlyList<(IReadOnlyList<string> First, IReadOnlyList<string> Other)> Ambiguous);
