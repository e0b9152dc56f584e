namespace OnnxEmbed.Models.Tokenizers.Normalizers;

/// <summary>Writes each byte of the UTF-8 text as one visible character, see <see cref="ByteAlphabet"/>.</summary>
internal sealed class ByteLevelNormalizer : INormalizer
{
    public string Normalize(string text, ref bool cutAtStart)
    {
        CharBuffer buffer = new();
        ByteAlphabet.Append(text, buffer);
        return buffer.Text.ToString();
    }
}
