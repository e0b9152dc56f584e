using OnnxEmbed.Models.Tokenizers.Unicode;

namespace OnnxEmbed.Models.Tokenizers.Normalizers;

/// <summary>
/// Lower-case mapping of every character by itself, whatever the culture and what stands around it
/// (https://www.unicode.org/Public/17.0.0/ucd/SpecialCasing.txt, unconditional mappings).
/// </summary>
internal sealed class LowercaseNormalizer : INormalizer
{
    public string Normalize(string text, ref bool cutAtStart) => CodePoints.ToLower(text);
}
