using OnnxEmbed.Models.Tokenizers.Unicode;

namespace OnnxEmbed.Models.Tokenizers.PreTokenizers;

/// <summary>The matches of <c>\w+|[^\w\s]+</c>: words and runs of signs, without white space.</summary>
internal sealed class WhitespacePreTokenizer : PieceSplitter
{
    private enum Run
    {
        Space,
        Word,
        Signs,
    }

    protected override void SplitOne(TextPieces pieces, TextSpan piece)
    {
        ReadOnlySpan<char> text = pieces.Text;
        int start = piece.Start;
        Run current = Run.Space;
        int units;
        for (int i = piece.Start; i < piece.End; i += units)
        {
            int point = CodePoints.At(text, i, out units);
            Run run = UnicodeProperties.WhiteSpace.Contains(point) ? Run.Space : CodePoints.Word.Contains(point) ? Run.Word : Run.Signs;
            if (run != current)
            {
                Add(pieces, start, current == Run.Space ? start : i);
                start = i;
                current = run;
            }
        }

        Add(pieces, start, current == Run.Space ? start : piece.End);
    }
}
