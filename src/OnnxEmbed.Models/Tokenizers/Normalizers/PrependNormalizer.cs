namespace OnnxEmbed.Models.Tokenizers.Normalizers;

/// <summary>Puts a text before every text that is not empty.</summary>
internal sealed class PrependNormalizer(string prefix) : INormalizer
{
    public string Normalize(string text, ref bool cutAtStart) => text.Length == 0 ? text : prefix + text;
}
