namespace OnnxEmbed.Models.Tokenizers;

/// <summary>Splits at white space and drops it.</summary>
internal sealed class WhitespaceSplitPreTokenizer : IPreTokenizer
{
    public void Split(string text, TextSpan piece, List<TextSpan> pieces)
    {
        int start = piece.Start;
        for (int i = piece.Start; i <= piece.End; i++)
        {
            if (i == piece.End || char.IsWhiteSpace(text[i]))
            {
                if (i > start)
                {
                    pieces.Add(new TextSpan(start, i - start));
                }

                start = i + 1;
            }
        }
    }
}
