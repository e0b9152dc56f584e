namespace OnnxEmbed.Models.Tokenizers.Normalizers;

/// <summary>Normalizers one after another.</summary>
internal sealed class SequenceNormalizer(IReadOnlyList<INormalizer> parts) : INormalizer
{
    public string Normalize(string text, ref bool cutAtStart)
    {
        foreach (INormalizer part in parts)
        {
            text = part.Normalize(text, ref cutAtStart);
        }

        return text;
    }
}
