using System.Buffers.Binary;
using System.Globalization;
using System.Text;
using OnnxEmbed.Models.Json;

namespace OnnxEmbed.Models.Tokenizers.Normalizers;

/// <summary>
/// SentencePiece's normalisation rules as it compiles them: the length of a trie in bytes, a double-array trie of 32-bit units over UTF-8
/// (https://github.com/s-yata/darts-clone, DoubleArrayUnit), and the replacements, each ended by a zero byte. The tokenizers library asks
/// the trie for each grapheme cluster shorter than six bytes, then for each of its characters, and takes the shortest key that fits.
/// </summary>
internal sealed class PrecompiledNormalizer : INormalizer
{
    private const int LongestCluster = 5;

    private readonly uint[] _units;
    private readonly byte[] _replacements;
    private readonly bool[] _asciiChanges = new bool[128];

    private PrecompiledNormalizer(uint[] units, byte[] replacements)
    {
        _units = units;
        _replacements = replacements;
        for (int c = 0; c < 128; c++)
        {
            _asciiChanges[c] = Replacement([(byte)c]) is not null;
        }
    }

    public static PrecompiledNormalizer Read(JsonField field)
    {
        string text = field["precompiled_charsmap"].AsString();
        byte[] bytes = new byte[text.Length];
        if (!Convert.TryFromBase64String(text, bytes, out int length) || length < 4)
        {
            throw field["precompiled_charsmap"].Fault("base64 text of a compiled map");
        }

        uint size = BinaryPrimitives.ReadUInt32LittleEndian(bytes);
        if (size % 4 != 0 || size == 0 || size > length - 4)
        {
            throw field["precompiled_charsmap"].Fault($"a trie of whole units inside its {length} bytes (it says {size})");
        }

        uint[] units = new uint[size / 4];
        for (int i = 0; i < units.Length; i++)
        {
            units[i] = BinaryPrimitives.ReadUInt32LittleEndian(bytes.AsSpan(4 + (i * 4)));
        }

        byte[] replacements = bytes[(4 + (int)size)..length];
        try
        {
            _ = new UTF8Encoding(false, throwOnInvalidBytes: true).GetCharCount(replacements);
        }
        catch (ArgumentException)
        {
            throw field["precompiled_charsmap"].Fault("replacements in UTF-8");
        }

        return new PrecompiledNormalizer(units, replacements);
    }

    public string Normalize(string text, ref bool cutAtStart)
    {
        int plain = 0;
        while (plain < text.Length && text[plain] < 0x80 && !_asciiChanges[text[plain]])
        {
            plain++;
        }

        if (plain == text.Length)
        {
            return text;
        }

        // The cluster that the first unusual character belongs to may begin one character before it.
        int start = Math.Max(0, plain - 1);
        StringBuilder result = new(text.Length + 16);
        result.Append(text, 0, start);
        Span<byte> utf8 = stackalloc byte[8];
        for (int i = start; i < text.Length;)
        {
            if (text[i] is >= ' ' and < '\x7F' && (i + 1 == text.Length || text[i + 1] is >= ' ' and < '\x7F') && !_asciiChanges[text[i]])
            {
                result.Append(text[i++]);
                continue;
            }

            int length = StringInfo.GetNextTextElementLength(text, i);
            ReadOnlySpan<char> cluster = text.AsSpan(i, length);
            i += length;
            if (length <= LongestCluster && Encoding.UTF8.GetByteCount(cluster) <= LongestCluster
                && Replacement(utf8[..Encoding.UTF8.GetBytes(cluster, utf8)]) is string whole)
            {
                result.Append(whole);
                continue;
            }

            while (cluster.Length > 0)
            {
                Rune.DecodeFromUtf16(cluster, out Rune rune, out int units);
                string? one = Replacement(utf8[..rune.EncodeToUtf8(utf8)]);
                _ = one is null ? result.Append(cluster[..units]) : result.Append(one);
                cluster = cluster[units..];
            }
        }

        return result.ToString();
    }

    // What the shortest key that begins the bytes is replaced by. A unit: label in bits 0-7 and 31, leaf in bit 8, offset above.
    private string? Replacement(ReadOnlySpan<byte> key)
    {
        uint node = Offset(_units[0]);
        foreach (byte label in key)
        {
            node ^= label;
            if (label == 0 || node >= _units.Length || (_units[node] & 0x800000FF) != label)
            {
                return null;
            }

            uint unit = _units[node];
            node ^= Offset(unit);
            if ((unit >> 8 & 1) != 0)
            {
                return node < _units.Length ? At(_units[node] & 0x7FFFFFFF) : null;
            }
        }

        return null;
    }

    private static uint Offset(uint unit) => unchecked(unit >> 10 << (int)((unit & (1u << 9)) >> 6));

    private string? At(uint start)
    {
        if (start > _replacements.Length)
        {
            return null;
        }

        ReadOnlySpan<byte> rest = _replacements.AsSpan((int)start);
        int end = rest.IndexOf((byte)0);
        return Encoding.UTF8.GetString(end < 0 ? rest : rest[..end]);
    }
}
