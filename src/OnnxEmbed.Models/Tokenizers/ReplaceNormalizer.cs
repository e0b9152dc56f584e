namespace OnnxEmbed.Models.Tokenizers;

/// <summary>Replaces each occurrence of a pattern, left to right, without looking at what it wrote.</summary>
internal sealed class ReplaceNormalizer(TextPattern pattern, string content) : INormalizer
{
    public string Normalize(string text) => pattern.Replace(text, content);
}
