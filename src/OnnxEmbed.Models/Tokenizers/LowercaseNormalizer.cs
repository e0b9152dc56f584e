namespace OnnxEmbed.Models.Tokenizers;

/// <summary>Simple lower-case mapping of every character, whatever the culture.</summary>
internal sealed class LowercaseNormalizer : INormalizer
{
    public string Normalize(string text) => text.ToLowerInvariant();
}
