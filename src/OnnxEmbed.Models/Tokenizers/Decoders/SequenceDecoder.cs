namespace OnnxEmbed.Models.Tokenizers.Decoders;

/// <summary>Decoders one after another.</summary>
internal sealed class SequenceDecoder(IReadOnlyList<ITokenDecoder> parts) : ITokenDecoder
{
    public IReadOnlyList<string> Decode(IReadOnlyList<string> tokens) => parts.Aggregate(tokens, (rest, part) => part.Decode(rest));
}
