namespace OnnxEmbed.Models.Tokenizers;

/// <summary>
/// Splits at the matches of a pattern. <paramref name="keepMatches"/>: a match is a piece of its own (Isolated), otherwise it is dropped
/// (Removed). <paramref name="invert"/>: what lies between matches counts as the match.
/// </summary>
internal sealed class SplitPreTokenizer(TextPattern pattern, bool keepMatches, bool invert) : IPreTokenizer
{
    public void Split(string text, TextSpan piece, List<TextSpan> pieces)
    {
        // The matches are found behind the pieces already there and then moved, so that no second list is needed in the usual case
        // of a pattern that covers everything.
        List<TextSpan> matches = keepMatches ? pieces : [];
        int first = matches.Count;
        pattern.Find(text, piece, matches);
        if (keepMatches && Covers(pieces, first, piece))
        {
            return;
        }

        TextSpan[] found = matches.GetRange(first, matches.Count - first).ToArray();
        matches.RemoveRange(first, found.Length);
        int done = piece.Start;
        foreach (TextSpan match in found)
        {
            Add(pieces, new TextSpan(done, match.Start - done), keepMatches || !invert);
            Add(pieces, match, keepMatches || invert);
            done = match.End;
        }

        Add(pieces, new TextSpan(done, piece.End - done), keepMatches || !invert);
    }

    private static void Add(List<TextSpan> pieces, TextSpan piece, bool keep)
    {
        if (keep && piece.Length > 0)
        {
            pieces.Add(piece);
        }
    }

    private static bool Covers(List<TextSpan> pieces, int first, TextSpan whole)
    {
        int done = whole.Start;
        for (int i = first; i < pieces.Count; i++)
        {
            if (pieces[i].Start != done)
            {
                return false;
            }

            done = pieces[i].End;
        }

        return done == whole.End;
    }
}
