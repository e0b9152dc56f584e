namespace OnnxEmbed.Models.Tokenizers.PreTokenizers;

/// <summary>A pre-tokenizer that leaves the text as it is and splits each piece by itself.</summary>
internal abstract class PieceSplitter : IPreTokenizer
{
    public void Split(TextPieces pieces)
    {
        foreach (TextSpan piece in pieces.BeginSplit())
        {
            SplitOne(pieces, piece);
        }

        pieces.EndSplit();
    }

    /// <summary>Adds the parts of one piece, which is not empty, to the spans.</summary>
    protected abstract void SplitOne(TextPieces pieces, TextSpan piece);

    protected static void Add(TextPieces pieces, int start, int end)
    {
        if (end > start)
        {
            pieces.Spans.Add(new TextSpan(start, end - start));
        }
    }
}
