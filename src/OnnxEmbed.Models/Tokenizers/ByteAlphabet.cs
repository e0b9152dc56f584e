using System.Text;

namespace OnnxEmbed.Models.Tokenizers;

/// <summary>
/// GPT-2's alphabet for bytes (https://github.com/openai/gpt-2, encoder.py, bytes_to_unicode): a byte that is a visible Latin-1 character
/// is that character, the others are U+0100 and on in their order.
/// </summary>
internal static class ByteAlphabet
{
    private static readonly char[] Characters = Build();
    private static readonly Dictionary<char, byte> Bytes = Characters.Index().ToDictionary(pair => pair.Item, pair => (byte)pair.Index);

    public static char Of(byte value) => Characters[value];

    public static bool TryByte(char c, out byte value) => Bytes.TryGetValue(c, out value);

    /// <summary>Appends the characters of a text's UTF-8 bytes.</summary>
    public static void Append(ReadOnlySpan<char> text, CharBuffer buffer)
    {
        Span<char> target = buffer.Reserve(checked(text.Length * 3));
        Span<byte> utf8 = stackalloc byte[4];
        int count = 0;
        for (int i = 0; i < text.Length;)
        {
            if (text[i] < 0x80)
            {
                target[count++] = Characters[text[i++]];
                continue;
            }

            Rune.DecodeFromUtf16(text[i..], out Rune rune, out int units);
            int length = rune.EncodeToUtf8(utf8);
            for (int k = 0; k < length; k++)
            {
                target[count++] = Characters[utf8[k]];
            }

            i += units;
        }

        buffer.Commit(count);
    }

    private static char[] Build()
    {
        char[] characters = new char[256];
        int next = 256;
        for (int value = 0; value < 256; value++)
        {
            bool visible = value is (>= '!' and <= '~') or (>= 0xA1 and <= 0xAC) or >= 0xAE;
            characters[value] = (char)(visible ? value : next++);
        }

        return characters;
    }
}
