namespace OnnxEmbed.Models.Tokenizers;

/// <summary>Pre-tokenizers one after another, each splitting the pieces of the one before.</summary>
internal sealed class SequencePreTokenizer(IReadOnlyList<IPreTokenizer> parts) : IPreTokenizer
{
    public void Split(string text, TextSpan piece, List<TextSpan> pieces)
    {
        List<TextSpan> current = [piece];
        foreach (IPreTokenizer part in parts)
        {
            List<TextSpan> next = [];
            foreach (TextSpan one in current)
            {
                part.Split(text, one, next);
            }

            current = next;
        }

        pieces.AddRange(current);
    }
}
