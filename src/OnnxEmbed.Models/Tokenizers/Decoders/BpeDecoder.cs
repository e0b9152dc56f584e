namespace OnnxEmbed.Models.Tokenizers.Decoders;

/// <summary>A suffix that ends words becomes a blank, none at the end.</summary>
internal sealed class BpeDecoder(string suffix) : ITokenDecoder
{
    public IReadOnlyList<string> Decode(IReadOnlyList<string> tokens) => suffix.Length == 0
        ? tokens
        : [.. tokens.Select((token, i) => token.Replace(suffix, i + 1 < tokens.Count ? " " : "", StringComparison.Ordinal))];
}
