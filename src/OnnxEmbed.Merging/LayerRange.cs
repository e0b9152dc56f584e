namespace OnnxEmbed.Merging;

/// <summary>Consecutive layers of a model, as a piece of a stack.</summary>
/// <param name="Model">The model that the layers are of.</param>
/// <param name="Start">First layer, from 0.</param>
/// <param name="End">The layer after the last; null for all that follow.</param>
public sealed record LayerRange(MergeInput Model, int Start, int? End);
