using System.Buffers;
using System.Globalization;
using System.Text;

namespace OnnxEmbed.Models.Tokenizers.Unicode;

/// <summary>Code points of UTF-16 text, and the classes of them that the tokenizers library asks for.</summary>
internal static class CodePoints
{
    // .NET maps as Unicode 16 does and leaves U+0130 alone; these capital letters came with 17.0, which the library maps.
    private const int NewCapitalFirst = 0x16EA0;
    private const int NewCapitalLast = 0x16EB8;
    private const int NewCapitalShift = 0x1B;

    private static readonly SearchValues<char> Unusual = SearchValues.Create("\u0130\uA7CE\uA7D2\uA7D4\uD81B");

    private static readonly Lazy<CodePointSet> WordSet = new(() => UnicodeProperties.Category("L")
        .Union(UnicodeProperties.Category("M"))
        .Union(UnicodeProperties.Category("Nd"))
        .Union(UnicodeProperties.Category("Nl"))
        .Union(UnicodeProperties.Category("Pc"))
        .Union(CodePointSet.Parse("200C-200D 24B6-24E9 1F130-1F149 1F150-1F169 1F170-1F189")));

    /// <summary>What <c>\w</c> is (UTS #18, Annex C): letters, marks, decimal and letter-like numbers, connectors, joiners.</summary>
    public static CodePointSet Word => WordSet.Value;

    /// <summary>The code point at an index and how many units it has; a lone surrogate is itself.</summary>
    public static int At(ReadOnlySpan<char> text, int index, out int units)
    {
        char first = text[index];
        if (char.IsHighSurrogate(first) && index + 1 < text.Length && char.IsLowSurrogate(text[index + 1]))
        {
            units = 2;
            return char.ConvertToUtf32(first, text[index + 1]);
        }

        units = 1;
        return first;
    }

    /// <summary>The code point that ends before an index.</summary>
    public static int Before(ReadOnlySpan<char> text, int index, out int units)
    {
        char last = text[index - 1];
        if (char.IsLowSurrogate(last) && index > 1 && char.IsHighSurrogate(text[index - 2]))
        {
            units = 2;
            return char.ConvertToUtf32(text[index - 2], last);
        }

        units = 1;
        return last;
    }

    /// <summary>Whether a code point is a number of any kind (Nd, Nl, No), Unicode 17.0.</summary>
    public static bool IsNumeric(int point) =>
        CharUnicodeInfo.GetUnicodeCategory(point)
            is UnicodeCategory.DecimalDigitNumber or UnicodeCategory.LetterNumber or UnicodeCategory.OtherNumber
        || point is (>= 0x11DE0 and <= 0x11DE9) or (>= 0x16FF4 and <= 0x16FF6);

    /// <summary>The lower-case text, each character by itself, Unicode 17.0; the same object where nothing changes.</summary>
    public static string ToLower(string text)
    {
        string lower = text.ToLowerInvariant();
        return lower.AsSpan().ContainsAny(Unusual) ? LowerUnusual(lower) : lower;
    }

    /// <summary>Text that is well-formed UTF-16: a lone surrogate becomes U+FFFD, as encoding to UTF-8 makes of it.</summary>
    public static string WellFormed(string text)
    {
        int at = text.AsSpan().IndexOfAnyInRange('\uD800', '\uDFFF');
        if (at < 0)
        {
            return text;
        }

        for (; at < text.Length; at++)
        {
            if (char.IsSurrogate(text[at]))
            {
                if (at + 1 >= text.Length || !char.IsSurrogatePair(text[at], text[at + 1]))
                {
                    return Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(text));
                }

                at++;
            }
        }

        return text;
    }

    public static string ToText(List<int> points)
    {
        StringBuilder text = new(points.Count + 16);
        foreach (int point in points)
        {
            Append(text, point);
        }

        return text.ToString();
    }

    public static void Append(StringBuilder text, int point)
    {
        if (point < 0x10000)
        {
            text.Append((char)point);
        }
        else
        {
            text.Append((char)(0xD800 + ((point - 0x10000) >> 10))).Append((char)(0xDC00 + ((point - 0x10000) & 0x3FF)));
        }
    }

    private static string LowerUnusual(string text)
    {
        StringBuilder lower = new(text.Length + 4);
        for (int i = 0; i < text.Length;)
        {
            int point = At(text, i, out int units);
            i += units;
            switch (point)
            {
                case 0x130:
                    lower.Append("i\u0307");
                    break;
                case 0xA7CE or 0xA7D2 or 0xA7D4:
                    Append(lower, point + 1);
                    break;
                case >= NewCapitalFirst and <= NewCapitalLast:
                    Append(lower, point + NewCapitalShift);
                    break;
                default:
                    Append(lower, point);
                    break;
            }
        }

        return lower.ToString();
    }
}
