using OnnxEmbed.Models.Tokenizers;

namespace OnnxEmbed.Training.Batching;

/// <summary>Texts as token ids, one after the other in one array.</summary>
internal sealed class TokenizedTexts
{
    private readonly int[] _ids;
    private readonly int[] _starts;

    private TokenizedTexts(int[] ids, int[] starts, int truncated)
    {
        _ids = ids;
        _starts = starts;
        TruncatedCount = truncated;
    }

    /// <summary>Number of texts.</summary>
    public int Count => _starts.Length - 1;

    /// <summary>Texts that lost tokens to the maximum length.</summary>
    public int TruncatedCount { get; }

    /// <summary>Ids of one text, special tokens included.</summary>
    public ReadOnlySpan<int> this[int text] => _ids.AsSpan(_starts[text], Length(text));

    /// <summary>Tokens of one text.</summary>
    public int Length(int text) => _starts[text + 1] - _starts[text];

    /// <summary>Encodes texts, each cut to <paramref name="maxLength"/> tokens.</summary>
    public static TokenizedTexts Encode(
        ITextTokenizer tokenizer, IReadOnlyList<string> texts, int maxLength, CancellationToken cancellation)
    {
        List<int> ids = [];
        int[] starts = new int[texts.Count + 1];
        int truncated = 0;
        for (int i = 0; i < texts.Count; i++)
        {
            cancellation.ThrowIfCancellationRequested();
            truncated += tokenizer.Encode(texts[i], maxLength, ids) > maxLength ? 1 : 0;
            starts[i + 1] = ids.Count;
        }

        return new TokenizedTexts([.. ids], starts, truncated);
    }
}
