using System.Globalization;
using OnnxEmbed.Models.Tokenizers.Unicode;

namespace OnnxEmbed.Models.Tokenizers.Patterns;

/// <summary>Escapes and classes of characters.</summary>
internal sealed partial class PatternParser
{
    // \w of Oniguruma: every number counts, the joiners do not.
    private static readonly Lazy<CodePointSet> PatternWord = new(() => UnicodeProperties.Category("L")
        .Union(UnicodeProperties.Category("M"))
        .Union(UnicodeProperties.Category("Nd"))
        .Union(UnicodeProperties.Category("Nl"))
        .Union(UnicodeProperties.Category("Pc"))
        .Union(CodePointSet.Parse("B2-B3 B9 BC-BE 24B6-24E9 1F130-1F149 1F150-1F169 1F170-1F189")));

    public static CodePointSet Word => PatternWord.Value;

    private PatternPart ParseEscape()
    {
        if (AtEnd)
        {
            throw Fault("a character behind the backslash");
        }

        switch (_text[_at])
        {
            case 'b':
                _at++;
                return PatternPart.Anchor(PatternKind.WordBoundary);
            case 'B':
                _at++;
                return PatternPart.Anchor(PatternKind.NoWordBoundary);
            case 'A':
                _at++;
                return PatternPart.Anchor(PatternKind.TextStart);
            case 'z':
                _at++;
                return PatternPart.Anchor(PatternKind.TextEnd);
            case 'Z':
                _at++;
                return PatternPart.Anchor(PatternKind.TextEndOrLineFeed);
            case 'N':
                _at++;
                return PatternPart.OneOf(NoLineFeed);
            case 'O':
                _at++;
                return PatternPart.OneOf(CodePointSet.All);
            case 'R':
                _at++;
                PatternPart pair = PatternPart.SequenceOf(
                    [PatternPart.OneOf(CodePointSet.Of('\r')), PatternPart.OneOf(CodePointSet.Of('\n'))]);
                return new PatternPart(
                    PatternKind.Atomic,
                    null,
                    [PatternPart.ChoiceOf([pair, PatternPart.OneOf(CodePointSet.Parse("A-D 85 2028-2029"))])]);
            case >= '1' and <= '9':
            case 'k' or 'g' or 'G' or 'K' or 'X' or 'y' or 'Y':
                throw Fault($"no \\{_text[_at]}, which is not supported,");
        }

        return ParseSetEscape() is CodePointSet set ? PatternPart.OneOf(set) : Literal(ParseCharacterEscape());
    }

    // \d \w \s \h \p{…} and their complements; null where the escape is one character.
    private CodePointSet? ParseSetEscape()
    {
        char letter = _text[_at];
        CodePointSet? set = char.ToLowerInvariant(letter) switch
        {
            'd' => UnicodeProperties.Category("Nd"),
            'w' => Word,
            's' => UnicodeProperties.WhiteSpace,
            'h' => CodePointSet.Parse("30-39 41-46 61-66"),
            'p' => null,
            _ => CodePointSet.Empty,
        };
        if (set is { IsEmpty: true })
        {
            return null;
        }

        _at++;
        if (set is not null)
        {
            return char.IsUpper(letter) ? set.Complement() : set;
        }

        int end = Take("{") ? _text.IndexOf('}', _at) : throw Fault("a property in braces");
        bool negative = Take("^") != (letter == 'P');
        string name = end < _at ? throw Fault("the end of the property") : _text[_at..end];
        set = UnicodeProperties.Find(name) ?? throw Fault($"a property that is known, got {name},");
        _at = end + 1;
        return negative ? set.Complement() : set;
    }

    private int ParseCharacterEscape()
    {
        int point = NextPoint();
        switch (point)
        {
            case 't':
                return '\t';
            case 'n':
                return '\n';
            case 'r':
                return '\r';
            case 'f':
                return '\f';
            case 'v':
                return '\v';
            case 'a':
                return '\a';
            case 'e':
                return '\e';
            case '0':
                return 0;
            case 'u':
                return ParseHex(4, 4);
            case 'x' when Take("{"):
                point = ParseHex(1, 8);
                return Take("}") ? point : throw Fault("a closing brace");
            case 'x':
                return ParseHex(1, 2);
            default:
                return point is < 128 && char.IsAsciiLetterOrDigit((char)point)
                    ? throw Fault($"an escape that is known, got \\{(char)point},")
                    : point;
        }
    }

    private int ParseHex(int fewest, int most)
    {
        int length = 0;
        while (length < most && _at + length < _text.Length && char.IsAsciiHexDigit(_text[_at + length]))
        {
            length++;
        }

        uint point = length >= fewest
            ? uint.Parse(_text.AsSpan(_at, length), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture)
            : throw Fault("hexadecimal digits");
        _at += length;
        return point < CodePointSet.Limit ? (int)point : throw Fault("a code point below 110000");
    }

    private CodePointSet ParseClass()
    {
        if (++_depth > DeepestNesting)
        {
            throw Fault($"at most {DeepestNesting} nested classes");
        }

        bool negative = Take("^");
        CodePointSet? left = null;
        List<(int, int)> ranges = [];
        bool first = true;
        while (!Take("]") || (first && Add(ranges, ']', ']')))
        {
            first = false;
            if (AtEnd)
            {
                throw Fault("the end of the class");
            }

            if (Take("&&"))
            {
                left = left is null ? CodePointSet.Of(ranges) : left.Intersect(CodePointSet.Of(ranges));
                ranges.Clear();
            }
            else if (TakePosix() is CodePointSet posix)
            {
                ranges.AddRange(posix.Ranges());
            }
            else if (Take("["))
            {
                ranges.AddRange(ParseClass().Ranges());
            }
            else
            {
                ParseClassItem(ranges);
            }
        }

        _depth--;
        CodePointSet set = CodePointSet.Of(ranges);
        set = left is null ? set : left.Intersect(set);
        set = _ignoreCase ? CaseFolding.Close(set) : set;
        return negative ? set.Complement() : set;
    }

    private static bool Add(List<(int, int)> ranges, int first, int last)
    {
        ranges.Add((first, last));
        return true;
    }

    private void ParseClassItem(List<(int, int)> ranges)
    {
        if (ParseClassPoint() is not int low)
        {
            ranges.AddRange(ParseSetEscape()!.Ranges());
            return;
        }

        int hyphen = _at;
        if (Take("-") && !AtEnd && _text[_at] is not ']' && string.CompareOrdinal(_text, _at, "&&", 0, 2) != 0
            && _text[_at] != '[' && ParseClassPoint() is int high)
        {
            _ = high >= low ? Add(ranges, low, high) : throw Fault("a range with its smaller end first");
            return;
        }

        // The hyphen is itself, at the end of the class or before a set.
        _at = hyphen;
        ranges.Add((low, low));
    }

    // A single code point of a class, or null with the position at the letter of an escape that is a set.
    private int? ParseClassPoint()
    {
        if (!Take("\\"))
        {
            return NextPoint();
        }

        if (AtEnd)
        {
            throw Fault("a character behind the backslash");
        }

        if (Take("b"))
        {
            return '\b';
        }

        return _text[_at] is 'd' or 'D' or 'w' or 'W' or 's' or 'S' or 'h' or 'H' or 'p' or 'P' ? null : ParseCharacterEscape();
    }

    private CodePointSet? TakePosix()
    {
        int start = _at;
        if (!Take("[:"))
        {
            return null;
        }

        bool negative = Take("^");
        int end = _text.IndexOf(":]", _at, StringComparison.Ordinal);
        if (end < 0 || end - _at > 20 || !_text[_at..end].All(char.IsAsciiLetter))
        {
            _at = start;
            return null;
        }

        CodePointSet set = _text[_at..end] switch
        {
            "punct" => UnicodeProperties.Category("P").Union(UnicodeProperties.Category("S")),
            "word" => Word.Intersect(CodePointSet.Parse("B2-B3 B9 BC-BE").Complement()),
            string name => UnicodeProperties.Find(name) ?? throw Fault($"a class that is known, got {name},"),
        };
        _at = end + 2;
        return negative ? set.Complement() : set;
    }
}
