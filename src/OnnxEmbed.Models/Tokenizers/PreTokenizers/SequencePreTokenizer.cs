namespace OnnxEmbed.Models.Tokenizers.PreTokenizers;

/// <summary>Pre-tokenizers one after another, each splitting the pieces of the one before.</summary>
internal sealed class SequencePreTokenizer(IReadOnlyList<IPreTokenizer> parts) : IPreTokenizer
{
    public void Split(TextPieces pieces)
    {
        foreach (IPreTokenizer part in parts)
        {
            part.Split(pieces);
        }
    }
}
