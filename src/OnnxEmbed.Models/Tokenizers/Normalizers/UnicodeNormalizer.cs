using OnnxEmbed.Models.Tokenizers.Unicode;

namespace OnnxEmbed.Models.Tokenizers.Normalizers;

/// <summary>One of the forms NFC, NFD, NFKC, NFKD.</summary>
internal sealed class UnicodeNormalizer(bool compatibility, bool compose) : INormalizer
{
    public string Normalize(string text, ref bool cutAtStart) => System.Text.Ascii.IsValid(text)
        ? text
        : (compatibility ? NormalizationTable.Compatibility : NormalizationTable.Canonical).Normalize(text, compose);
}
