using OnnxEmbed.Models.Tokenizers;

namespace OnnxEmbed.Models.Embedders;

/// <summary>The ids of many texts in one array, and the batches that they are run in. A text may be null: it has no ids and is in no batch.</summary>
internal sealed class TokenizedTexts
{
    /// <summary>Texts that one thread takes at a time.</summary>
    private const int Share = 256;

    private readonly int[] _ids;
    private readonly int[] _starts;
    private readonly bool[] _nulls;
    private readonly Func<int, string> _nameOf;

    /// <summary>Tokenises texts.</summary>
    /// <param name="tokenizer">The tokenizer, which several threads may use.</param>
    /// <param name="texts">The texts.</param>
    /// <param name="maxLength">Most ids of a text; longer texts are cut and counted.</param>
    /// <param name="prompt">Put before every text.</param>
    /// <param name="threads">Threads to share the texts among; the ids do not depend on it.</param>
    /// <param name="nameOf">What error texts call a text.</param>
    public TokenizedTexts(
        ITextTokenizer tokenizer, IReadOnlyList<string?> texts, int maxLength, string prompt, int threads = 1, Func<int, string>? nameOf = null)
    {
        _nameOf = nameOf ?? (static text => $"text {text}");
        _starts = new int[texts.Count + 1];
        _nulls = new bool[texts.Count];
        List<int>[] shares = new List<int>[(texts.Count + Share - 1) / Share];
        int[] cut = new int[shares.Length];
        void Encode(int share)
        {
            List<int> ids = new(Share * 16);
            for (int i = share * Share; i < Math.Min(texts.Count, (share + 1) * Share); i++)
            {
                if (texts[i] is string text)
                {
                    cut[share] += tokenizer.Encode(prompt.Length == 0 ? text : prompt + text, maxLength, ids) > maxLength ? 1 : 0;
                }
                else
                {
                    _nulls[i] = true;
                }

                _starts[i + 1] = ids.Count;
            }

            shares[share] = ids;
        }

        if (threads == 1 || shares.Length < 2)
        {
            for (int share = 0; share < shares.Length; share++)
            {
                Encode(share);
            }
        }
        else
        {
            Parallel.For(0, shares.Length, new ParallelOptions { MaxDegreeOfParallelism = threads }, Encode);
        }

        _ids = new int[shares.Sum(share => share.Count)];
        int at = 0;
        for (int share = 0; share < shares.Length; share++)
        {
            shares[share].CopyTo(_ids, at);
            for (int i = share * Share; i < Math.Min(texts.Count, (share + 1) * Share); i++)
            {
                _starts[i + 1] += at;
            }

            at += shares[share].Count;
        }

        TruncatedCount = cut.Sum();
        NullCount = _nulls.Count(isNull => isNull);
    }

    public int Count => _nulls.Length;

    public int TokenCount => _ids.Length;

    public int TruncatedCount { get; }

    public int NullCount { get; }

    public bool IsNull(int text) => _nulls[text];

    public int LengthOf(int text) => _starts[text + 1] - _starts[text];

    public string NameOf(int text) => _nameOf(text);

    public ReadOnlySpan<int> this[int text] => _ids.AsSpan(_starts[text], LengthOf(text));

    /// <summary>
    /// Texts grouped so that texts of about one length run together and no batch has more than <paramref name="maxTokens"/> tokens, padding
    /// included. Longest first, so that the largest buffers are asked for at the start; equal lengths in the order of the texts, so that
    /// the same texts always give the same batches.
    /// </summary>
    public List<int[]> Batches(int maxTokens)
    {
        long[] keys = new long[Count - NullCount];
        int at = 0;
        for (int i = 0; i < Count; i++)
        {
            if (!_nulls[i])
            {
                keys[at++] = ((long)(int.MaxValue - LengthOf(i)) << 32) | (uint)i;
            }
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
