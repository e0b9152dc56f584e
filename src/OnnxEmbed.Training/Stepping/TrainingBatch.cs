namespace OnnxEmbed.Training.Stepping;

/// <summary>One batch as tensors. Axes: B texts, S tokens of the longest text after padding; row-major.</summary>
/// <param name="Rows">B.</param>
/// <param name="Columns">S.</param>
/// <param name="InputIds">Token ids [B, S].</param>
/// <param name="AttentionMask">1 on a token, 0 on padding, [B, S].</param>
/// <param name="Labels">Target tokens [B, S], classes [B], or null where the loss takes none.</param>
/// <param name="TokenCount">Tokens that are not padding.</param>
public sealed record TrainingBatch(int Rows, int Columns, long[] InputIds, long[] AttentionMask, long[]? Labels, long TokenCount);
