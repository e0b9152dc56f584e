namespace OnnxEmbed.Models.Tokenizers.PreTokenizers;

/// <summary>
/// SentencePiece's blanks: each blank becomes a sign that is written (usually U+2581), one may be put before a piece, and a piece begins
/// at each sign.
/// </summary>
internal sealed class MetaspacePreTokenizer(string replacement, PrependScheme scheme, bool split) : IPreTokenizer
{
    public void Split(TextPieces pieces)
    {
        CharBuffer target = pieces.BeginRewrite();
        ReadOnlySpan<char> text = pieces.Text;
        bool first = pieces.FirstAtOrigin;
        List<TextSpan> spans = pieces.BeginSplit();
        foreach (TextSpan piece in spans)
        {
            int start = target.Length;
            ReadOnlySpan<char> part = text.Slice(piece.Start, piece.Length);
            bool begins = part[0] == ' ' || part.StartsWith(replacement, StringComparison.Ordinal);
            if (!begins && (scheme == PrependScheme.Always || (scheme == PrependScheme.First && first)))
            {
                target.Append(replacement);
            }

            first = false;
            foreach (char c in part)
            {
                if (c == ' ')
                {
                    target.Append(replacement);
                }
                else
                {
                    target.Append(c);
                }
            }

            AddSpans(pieces, target.Text, start);
        }

        bool atOrigin = pieces.FirstAtOrigin;
        pieces.EndRewrite();
        pieces.EndSplit(atOrigin);
    }

    private void AddSpans(TextPieces pieces, ReadOnlySpan<char> text, int start)
    {
        while (split)
        {
            int next = start + 1 < text.Length ? text[(start + 1)..].IndexOf(replacement, StringComparison.Ordinal) : -1;
            if (next < 0)
            {
                break;
            }

            pieces.Spans.Add(new TextSpan(start, next + 1));
            start += next + 1;
        }

        pieces.Spans.Add(new TextSpan(start, text.Length - start));
    }
}
