using OnnxEmbed.Training.Stepping;

namespace OnnxEmbed.Training.Batching;

/// <summary>Lays texts out for next-token prediction: the target at position k is the token at k + 1.</summary>
internal sealed class CausalBatches(TokenizedTexts texts, int padId, int maxLength)
{
    /// <summary>A batch of the given texts.</summary>
    public TrainingBatch Assemble(int[] rows, int epoch)
    {
        PaddedRows padded = new(texts, rows, padId, maxLength);
        long[] targets = padded.IgnoredTargets();
        for (int i = 0; i < rows.Length; i++)
        {
            ReadOnlySpan<int> ids = texts[rows[i]];
            for (int k = 0; k + 1 < ids.Length; k++)
            {
                targets[(i * padded.Columns) + k] = ids[k + 1];
            }
        }

        return new TrainingBatch(padded.Rows, padded.Columns, padded.InputIds, padded.AttentionMask, targets, padded.TokenCount);
    }
}
