namespace OnnxEmbed.Models.Tokenizers;

/// <summary>Turns one piece of normalised text into ids.</summary>
internal interface ITokenModel
{
    void Tokenize(ReadOnlySpan<char> piece, List<int> ids);
}
