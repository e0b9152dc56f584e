namespace OnnxEmbed.Models.Tokenizers;

/// <summary>Normalizers one after another.</summary>
internal sealed class SequenceNormalizer(IReadOnlyList<INormalizer> parts) : INormalizer
{
    public string Normalize(string text)
    {
        foreach (INormalizer part in parts)
        {
            text = part.Normalize(text);
        }

        return text;
    }
}
