using OnnxEmbed.Models.Tokenizers.Patterns;

namespace OnnxEmbed.Models.Tokenizers.PreTokenizers;

/// <summary>
/// Splits at the matches of a pattern. <paramref name="invert"/>: what lies between matches counts as the match.
/// </summary>
internal sealed class SplitPreTokenizer(TextPattern pattern, DelimiterBehavior behavior, bool invert) : PieceSplitter
{
    protected override void SplitOne(TextPieces pieces, TextSpan piece)
    {
        pieces.Matches.Clear();
        pattern.Find(pieces.Text, piece, pieces.Matches);
        Delimiters.Apply(pieces, piece, behavior, invert);
    }
}
