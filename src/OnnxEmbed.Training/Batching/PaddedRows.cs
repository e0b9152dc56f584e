using OnnxEmbed.Training.Objectives;

namespace OnnxEmbed.Training.Batching;

/// <summary>
/// Lays texts below one another, padded on the right to the next multiple of 8 of the longest: few distinct shapes, and rows that fill
/// vector registers. Axes: B texts, S tokens.
/// </summary>
internal sealed class PaddedRows
{
    private const int Multiple = 8;

    /// <summary>Lays out texts.</summary>
    /// <param name="texts">Each row's texts.</param>
    /// <param name="rows">Index of the text in each row.</param>
    /// <param name="padId">Fills up.</param>
    /// <param name="maxLength">The padded length does not pass this; no text is longer.</param>
    public PaddedRows(TokenizedTexts texts, ReadOnlySpan<int> rows, int padId, int maxLength)
    {
        int longest = 1;
        foreach (int row in rows)
        {
            longest = Math.Max(longest, texts.Length(row));
        }

        Rows = rows.Length;
        Columns = Math.Min((longest + Multiple - 1) / Multiple * Multiple, Math.Max(maxLength, longest));
        InputIds = new long[Rows * Columns];
        AttentionMask = new long[Rows * Columns];
        Array.Fill(InputIds, padId);
        for (int i = 0; i < Rows; i++)
        {
            ReadOnlySpan<int> ids = texts[rows[i]];
            for (int k = 0; k < ids.Length; k++)
            {
                InputIds[(i * Columns) + k] = ids[k];
                AttentionMask[(i * Columns) + k] = 1;
            }

            TokenCount += ids.Length;
        }
    }

    /// <summary>B.</summary>
    public int Rows { get; }

    /// <summary>S.</summary>
    public int Columns { get; }

    /// <summary>Tokens without padding.</summary>
    public long TokenCount { get; }

    /// <summary>Ids [B, S].</summary>
    public long[] InputIds { get; }

    /// <summary>1 on a token, 0 on padding, [B, S].</summary>
    public long[] AttentionMask { get; }

    /// <summary>Targets [B, S] that do not count anywhere yet.</summary>
    public long[] IgnoredTargets()
    {
        long[] targets = new long[InputIds.Length];
        Array.Fill(targets, TokenCrossEntropy.Ignored);
        return targets;
    }
}
