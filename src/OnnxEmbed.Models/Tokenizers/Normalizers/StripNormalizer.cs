namespace OnnxEmbed.Models.Tokenizers.Normalizers;

/// <summary>Removes white space from the ends of a text.</summary>
internal sealed class StripNormalizer(bool left, bool right) : INormalizer
{
    public string Normalize(string text, ref bool cutAtStart)
    {
        string stripped = left ? text.TrimStart() : text;
        cutAtStart |= stripped.Length < text.Length;
        return right ? stripped.TrimEnd() : stripped;
    }
}
