using OnnxEmbed.Models.Tokenizers.Patterns;

namespace OnnxEmbed.Models.Tokenizers.Normalizers;

/// <summary>Replaces each occurrence of a pattern, left to right, without looking at what it wrote.</summary>
internal sealed class ReplaceNormalizer(TextPattern pattern, string content) : INormalizer
{
    public string Normalize(string text, ref bool cutAtStart)
    {
        string replaced = pattern.Replace(text, content, out bool matchesAtStart);
        cutAtStart |= matchesAtStart && content.Length == 0;
        return replaced;
    }
}
