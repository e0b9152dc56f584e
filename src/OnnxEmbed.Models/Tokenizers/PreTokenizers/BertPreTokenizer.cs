using OnnxEmbed.Models.Tokenizers.Unicode;

namespace OnnxEmbed.Models.Tokenizers.PreTokenizers;

/// <summary>Drops white space; each punctuation character is a piece of its own.</summary>
internal sealed class BertPreTokenizer : PieceSplitter
{
    private readonly CodePointSet _punctuation = CharacterPreTokenizer.Punctuation;

    protected override void SplitOne(TextPieces pieces, TextSpan piece)
    {
        ReadOnlySpan<char> text = pieces.Text;
        int start = piece.Start;
        int units;
        for (int i = piece.Start; i < piece.End; i += units)
        {
            int point = CodePoints.At(text, i, out units);
            bool punctuation = _punctuation.Contains(point);
            if (punctuation || UnicodeProperties.WhiteSpace.Contains(point))
            {
                Add(pieces, start, i);
                Add(pieces, i, punctuation ? i + units : i);
                start = i + units;
            }
        }

        Add(pieces, start, piece.End);
    }
}
