namespace OnnxEmbed.Evaluation;

/// <summary>One label of an evaluation.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Rows">Items that have it.</param>
/// <param name="Silhouette">Mean silhouette of these items; null if none was computed.</param>
/// <param name="ProbeRecall">Share of these items that the probe tells right; null if there is no probe.</param>
public sealed record LabelResult(string Name, int Rows, double? Silhouette, double? ProbeRecall);
