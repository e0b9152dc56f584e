namespace OnnxEmbed.Models.Tokenizers.Decoders;

/// <summary>The sign for a blank becomes a blank; at the start of the first token it was put there and goes.</summary>
internal sealed class MetaspaceDecoder(string replacement, bool prepended) : ITokenDecoder
{
    public IReadOnlyList<string> Decode(IReadOnlyList<string> tokens) => replacement.Length == 0
        ? tokens
        : [.. tokens.Select((token, i) => token.Replace(replacement, i == 0 && prepended ? "" : " ", StringComparison.Ordinal))];
}
