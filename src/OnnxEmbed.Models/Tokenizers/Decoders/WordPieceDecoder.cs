namespace OnnxEmbed.Models.Tokenizers.Decoders;

/// <summary>A blank before every token but the first, unless it continues a word; blanks before punctuation go with the clean-up.</summary>
internal sealed class WordPieceDecoder(string prefix, bool cleanup) : ITokenDecoder
{
    private static readonly (string From, string To)[] Contractions =
    [
        (" .", "."), (" ?", "?"), (" !", "!"), (" ,", ","), (" ' ", "'"), (" n't", "n't"), (" 'm", "'m"), (" do not", " don't"),
        (" 's", "'s"), (" 've", "'ve"), (" 're", "'re"),
    ];

    public static string CleanUp(string text)
    {
        foreach ((string from, string to) in Contractions)
        {
            text = text.Replace(from, to, StringComparison.Ordinal);
        }

        return text;
    }

    public IReadOnlyList<string> Decode(IReadOnlyList<string> tokens) => [.. tokens.Select((token, i) =>
    {
        string text = i == 0 ? token
            : prefix.Length > 0 && token.StartsWith(prefix, StringComparison.Ordinal) ? token[prefix.Length..]
            : " " + token;
        return cleanup ? CleanUp(text) : text;
    })];
}
