using OnnxEmbed.Tensors;

namespace OnnxEmbed.Models.Tokenizers;

/// <summary>What every <see cref="ITextTokenizer"/> can do on top of its own methods.</summary>
public static class TokenizerExtensions
{
    /// <summary>The ids of one text, special tokens included, at most <paramref name="maxLength"/> of them.</summary>
    public static int[] Encode(this ITextTokenizer tokenizer, string text, int maxLength = int.MaxValue)
    {
        ArgumentNullException.ThrowIfNull(tokenizer);
        List<int> ids = [];
        tokenizer.Encode(text, maxLength, ids);
        return [.. ids];
    }

    /// <summary>
    /// Encodes texts as one batch, padded with the pad id to the longest of them as <see cref="ITextTokenizer.Padding"/> says.
    /// </summary>
    /// <exception cref="DataException">The tokenizer names no pad token and the texts differ in length.</exception>
    public static TokenBatch EncodeBatch(this ITextTokenizer tokenizer, IReadOnlyList<string> texts, int maxLength = int.MaxValue)
    {
        ArgumentNullException.ThrowIfNull(tokenizer);
        ArgumentNullException.ThrowIfNull(texts);
        List<int> ids = [];
        int[] starts = new int[texts.Count + 1];
        int truncated = 0;
        int longest = 0;
        for (int i = 0; i < texts.Count; i++)
        {
            int whole = tokenizer.Encode(texts[i], maxLength, ids);
            truncated += whole > maxLength ? 1 : 0;
            starts[i + 1] = ids.Count;
            longest = Math.Max(longest, starts[i + 1] - starts[i]);
        }

        longest = (longest + tokenizer.Padding.MultipleOf - 1) / tokenizer.Padding.MultipleOf * tokenizer.Padding.MultipleOf;
        long[] inputIds = new long[texts.Count * longest];
        long[] mask = new long[inputIds.Length];
        if (ids.Count < inputIds.Length)
        {
            int pad = tokenizer.PadId
                ?? throw new DataException("tokenizer: a batch of texts of several lengths needs a pad token, got none");
            Array.Fill(inputIds, pad);
        }

        for (int i = 0; i < texts.Count; i++)
        {
            int first = tokenizer.Padding.Left ? longest - (starts[i + 1] - starts[i]) : 0;
            for (int k = starts[i]; k < starts[i + 1]; k++)
            {
                int target = (i * longest) + first + k - starts[i];
                inputIds[target] = ids[k];
                mask[target] = 1;
            }
        }

        return new TokenBatch(inputIds, mask, texts.Count, longest, truncated);
    }
}
