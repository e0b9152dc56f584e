using System.Runtime.InteropServices;
using OnnxEmbed.Models.Tokenizers;

namespace OnnxEmbed.Models.Embedders;

/// <summary>The ids of many texts in one list, and the batches that they are run in.</summary>
internal sealed class TokenizedTexts
{
    private readonly List<int> _ids = [];
    private readonly int[] _starts;

    public TokenizedTexts(ITextTokenizer tokenizer, IReadOnlyList<string> texts, int maxLength, string prompt)
    {
        _starts = new int[texts.Count + 1];
        for (int i = 0; i < texts.Count; i++)
        {
            string text = prompt.Length == 0 ? texts[i] : prompt + texts[i];
            TruncatedCount += tokenizer.Encode(text, maxLength, _ids) > maxLength ? 1 : 0;
            _starts[i + 1] = _ids.Count;
        }
    }

    public int Count => _starts.Length - 1;

    public int TokenCount => _ids.Count;

    public int TruncatedCount { get; }

    public int LengthOf(int text) => _starts[text + 1] - _starts[text];

    public ReadOnlySpan<int> this[int text] => CollectionsMarshal.AsSpan(_ids)[_starts[text].._starts[text + 1]];

    /// <summary>
    /// Texts grouped so that texts of about one length run together and no batch has more than <paramref name="maxTokens"/> tokens, padding
    /// included. Longest first, so that the largest buffers are asked for at the start; equal lengths in the order of the texts, so that
    /// the same texts always give the same batches.
    /// </summary>
    public List<int[]> Batches(int maxTokens)
    {
        long[] keys = new long[Count];
        for (int i = 0; i < keys.Length; i++)
        {
            keys[i] = ((long)(int.MaxValue - LengthOf(i)) << 32) | (uint)i;
        }

        Array.Sort(keys);
        List<int[]> batches = [];
        int start = 0;
        while (start < keys.Length)
        {
            int rows = Math.Clamp(maxTokens / Math.Max(1, LengthOf(TextOf(keys[start]))), 1, keys.Length - start);
            int[] batch = new int[rows];
            for (int i = 0; i < rows; i++)
            {
                batch[i] = TextOf(keys[start + i]);
            }

            batches.Add(batch);
            start += rows;
        }

        return batches;
    }

    private static int TextOf(long key) => (int)(key & uint.MaxValue);
}
