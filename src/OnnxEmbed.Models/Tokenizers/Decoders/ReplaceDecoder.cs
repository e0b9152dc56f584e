using OnnxEmbed.Models.Tokenizers.Patterns;

namespace OnnxEmbed.Models.Tokenizers.Decoders;

/// <summary>Replaces a pattern in every token.</summary>
internal sealed class ReplaceDecoder(TextPattern pattern, string content) : ITokenDecoder
{
    public IReadOnlyList<string> Decode(IReadOnlyList<string> tokens) =>
        [.. tokens.Select(token => pattern.Replace(token, content, out _))];
}
