namespace OnnxEmbed.Models.Tokenizers.Decoders;

/// <summary>Rewrites a list of tokens on its way to a text; what is left in the end is put together.</summary>
internal interface ITokenDecoder
{
    IReadOnlyList<string> Decode(IReadOnlyList<string> tokens);
}
