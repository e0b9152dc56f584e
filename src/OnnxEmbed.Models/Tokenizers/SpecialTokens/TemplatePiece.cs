namespace OnnxEmbed.Models.Tokenizers.SpecialTokens;

/// <summary>A part of what a post-processor makes: the tokens of a text, or one special token.</summary>
/// <param name="Text">0: the first text, 1: the second, -1: the special token <paramref name="Id"/>.</param>
/// <param name="Id">Id of the special token.</param>
/// <param name="TypeId">Token type of all of it.</param>
internal readonly record struct TemplatePiece(int Text, int Id, int TypeId)
{
    public static TemplatePiece Token(int id, int type = 0) => new(-1, id, type);

    public static TemplatePiece OfText(int text, int type = 0) => new(text, 0, type);
}
