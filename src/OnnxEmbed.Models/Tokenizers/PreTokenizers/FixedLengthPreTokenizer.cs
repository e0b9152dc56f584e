using OnnxEmbed.Models.Tokenizers.Unicode;

namespace OnnxEmbed.Models.Tokenizers.PreTokenizers;

/// <summary>Splits into pieces of a number of code points.</summary>
internal sealed class FixedLengthPreTokenizer(int length) : PieceSplitter
{
    protected override void SplitOne(TextPieces pieces, TextSpan piece)
    {
        int start = piece.Start;
        int count = 0;
        int units;
        for (int i = piece.Start; i < piece.End; i += units)
        {
            CodePoints.At(pieces.Text, i, out units);
            if (++count == length)
            {
                Add(pieces, start, i + units);
                start = i + units;
                count = 0;
            }
        }

        Add(pieces, start, piece.End);
    }
}
