namespace OnnxEmbed.Models.Tokenizers;

/// <summary>Removes white space from the ends of a text.</summary>
internal sealed class StripNormalizer(bool left, bool right) : INormalizer
{
    public string Normalize(string text)
    {
        text = left ? text.TrimStart() : text;
        return right ? text.TrimEnd() : text;
    }
}
