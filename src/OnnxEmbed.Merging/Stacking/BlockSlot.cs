namespace OnnxEmbed.Merging.Stacking;

/// <summary>An output of a layer, by its place: the same in every layer.</summary>
/// <param name="Node">Number of the node within the layer.</param>
/// <param name="Output">Number of the output.</param>
internal readonly record struct BlockSlot(int Node, int Output);
