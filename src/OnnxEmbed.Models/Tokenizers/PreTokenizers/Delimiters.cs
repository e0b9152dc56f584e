namespace OnnxEmbed.Models.Tokenizers.PreTokenizers;

/// <summary>Makes pieces of the matches in a piece: SplitDelimiterBehavior of the tokenizers library.</summary>
internal static class Delimiters
{
    /// <summary>Adds the parts of a piece to the spans, by the matches that <see cref="TextPieces.Matches"/> holds.</summary>
    public static void Apply(TextPieces pieces, TextSpan piece, DelimiterBehavior behavior, bool invert)
    {
        List<TextSpan> spans = pieces.Spans;
        int first = spans.Count;
        int done = piece.Start;
        bool merging = false; // whether the span before was a delimiter
        bool begins = false; // whether the last span is a delimiter
        foreach (TextSpan match in pieces.Matches)
        {
            if (match.Start > done)
            {
                Take(spans, first, new TextSpan(done, match.Start - done), invert, behavior, ref merging, ref begins);
            }

            Take(spans, first, match, !invert, behavior, ref merging, ref begins);
            done = match.End;
        }

        if (done < piece.End)
        {
            Take(spans, first, new TextSpan(done, piece.End - done), invert, behavior, ref merging, ref begins);
        }
    }

    // A delimiter merges with the span before it unless that one is a delimiter too, and the other way round for what follows.
    private static void Take(
        List<TextSpan> spans, int first, TextSpan span, bool delimiter, DelimiterBehavior behavior, ref bool merging, ref bool begins)
    {
        bool joins = behavior switch
        {
            DelimiterBehavior.MergedWithPrevious => delimiter && !merging,
            DelimiterBehavior.MergedWithNext => !delimiter && begins,
            DelimiterBehavior.Contiguous => delimiter == merging,
            _ => false,
        };
        merging = delimiter;
        begins = delimiter && span.Length > 0;
        if (joins && spans.Count > first && spans[^1].End == span.Start)
        {
            spans[^1] = new TextSpan(spans[^1].Start, span.End - spans[^1].Start);
        }
        else if (span.Length > 0 && !(delimiter && behavior == DelimiterBehavior.Removed))
        {
            spans.Add(span);
        }
    }
}
