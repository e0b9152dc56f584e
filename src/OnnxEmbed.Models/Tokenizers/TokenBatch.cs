namespace OnnxEmbed.Models.Tokenizers;

/// <summary>Texts as the tensors a model takes. Axes: B texts, S tokens of the longest text; row-major.</summary>
/// <param name="InputIds">Token ids [B, S], right-padded.</param>
/// <param name="AttentionMask">1 on a token, 0 on padding, [B, S].</param>
/// <param name="BatchSize">B.</param>
/// <param name="SequenceLength">S.</param>
/// <param name="TruncatedCount">Texts that lost tokens to the maximum length, in [0, B].</param>
public sealed record TokenBatch(long[] InputIds, long[] AttentionMask, int BatchSize, int SequenceLength, int TruncatedCount);
