namespace OnnxEmbed.Models.Tokenizers;

/// <summary>
/// Lower-case mapping of every character by itself, whatever the culture. U+0130 is the one character whose full mapping without context
/// (https://www.unicode.org/Public/16.0.0/ucd/SpecialCasing.txt) is longer than its simple one, which is all that .NET applies.
/// </summary>
internal sealed class LowercaseNormalizer : INormalizer
{
    public string Normalize(string text) => text.Replace("\u0130", "i\u0307", StringComparison.Ordinal).ToLowerInvariant();
}
