namespace OnnxEmbed.Models.Tokenizers.Decoders;

/// <summary>Makes one token of all.</summary>
internal sealed class FuseDecoder : ITokenDecoder
{
    public IReadOnlyList<string> Decode(IReadOnlyList<string> tokens) => [string.Concat(tokens)];
}
