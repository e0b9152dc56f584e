using OnnxEmbed.Models.Tokenizers.Unicode;

namespace OnnxEmbed.Models.Tokenizers.Patterns;

/// <summary>
/// Reads a regular expression in the syntax of Oniguruma (https://github.com/kkos/oniguruma/blob/v6.9.10/doc/RE), which the
/// tokenizers library uses: <c>^</c> and <c>$</c> hold at every line, <c>(?m)</c> lets the dot match line feeds, classes nest and
/// intersect. What a match cannot be found for without memory of groups (references to groups, conditions, calls) is refused.
/// </summary>
internal sealed partial class PatternParser
{
    private const int MostRepeats = 1000;
    private const int DeepestNesting = 200;

    private static readonly CodePointSet NoLineFeed = CodePointSet.Of('\n').Complement();

    private readonly string _text;
    private int _at;
    private int _depth;
    private bool _ignoreCase;
    private bool _dotAll;
    private bool _extended;

    private PatternParser(string text) => _text = text;

    private bool AtEnd => _at >= _text.Length;

    /// <exception cref="FormatException">The expression is wrong or uses what is not supported; the message says where.</exception>
    public static PatternPart Parse(string text)
    {
        PatternParser parser = new(text);
        PatternPart part = parser.ParseChoice();
        return parser.AtEnd ? part : throw parser.Fault("an opening parenthesis for this one");
    }

    private FormatException Fault(string needs) => new($"needs {needs} at character {_at}");

    private bool Take(string token)
    {
        if (string.CompareOrdinal(_text, _at, token, 0, token.Length) != 0)
        {
            return false;
        }

        _at += token.Length;
        return true;
    }

    private int NextPoint()
    {
        if (AtEnd)
        {
            throw Fault("more of the expression");
        }

        int point = CodePoints.At(_text, _at, out int units);
        _at += units;
        return point;
    }

    private PatternPart ParseChoice()
    {
        if (++_depth > DeepestNesting)
        {
            throw Fault($"at most {DeepestNesting} nested groups");
        }

        (bool ignoreCase, bool dotAll, bool extended) = (_ignoreCase, _dotAll, _extended);
        List<PatternPart> alternatives = [];
        do
        {
            alternatives.Add(ParseSequence());
        }
        while (Take("|"));

        (_ignoreCase, _dotAll, _extended) = (ignoreCase, dotAll, extended);
        _depth--;
        return PatternPart.ChoiceOf(alternatives);
    }

    private PatternPart ParseSequence()
    {
        List<PatternPart> parts = [];
        while (!AtEnd && _text[_at] is not ('|' or ')'))
        {
            if (_extended && (char.IsWhiteSpace(_text[_at]) || _text[_at] == '#'))
            {
                int lineEnd = _text[_at] == '#' ? _text.IndexOf('\n', _at) : _at;
                _at = lineEnd < 0 ? _text.Length : lineEnd + 1;
                continue;
            }

            if (ParseOne() is PatternPart part)
            {
                parts.Add(ParseRepeats(part));
            }
        }

        return PatternPart.SequenceOf(parts);
    }

    private PatternPart ParseRepeats(PatternPart part)
    {
        while (!AtEnd)
        {
            int start = _at;
            int minimum;
            int maximum;
            bool interval = false;
            if (Take("?"))
            {
                (minimum, maximum) = (0, 1);
            }
            else if (Take("*"))
            {
                (minimum, maximum) = (0, -1);
            }
            else if (Take("+"))
            {
                (minimum, maximum) = (1, -1);
            }
            else if (_text[_at] == '{' && TryInterval(out minimum, out maximum))
            {
                interval = true;
            }
            else
            {
                _at = start;
                return part;
            }

            bool exact = interval && minimum == maximum;
            bool lazy = !exact && Take("?");
            part = new PatternPart(PatternKind.Repeat, null, [part], minimum, maximum, lazy);
            // Behind an interval a plus sign repeats once more, elsewhere it makes the repeat possessive.
            if (!interval && !lazy && Take("+"))
            {
                part = new PatternPart(PatternKind.Atomic, null, [part]);
            }
        }

        return part;
    }

    // {n}, {n,}, {,m}, {n,m}; anything else in braces is plain text.
    private bool TryInterval(out int minimum, out int maximum)
    {
        (minimum, maximum) = (0, -1);
        int end = _text.IndexOf('}', _at);
        if (end < 0)
        {
            return false;
        }

        string[] bounds = _text[(_at + 1)..end].Split(',');
        bool hasLow = IsNumber(bounds[0], out minimum);
        if (bounds.Length > 2 || (bounds.Length == 1 && !hasLow) || (!hasLow && bounds[0].Length > 0))
        {
            return false;
        }

        maximum = bounds.Length == 1 ? minimum : -1;
        if (bounds.Length == 2 && bounds[1].Length > 0 && !IsNumber(bounds[1], out maximum))
        {
            return false;
        }

        if ((bounds.Length == 2 && !hasLow && maximum < 0) || bounds.Any(bound => bound.Length > 4))
        {
            return bounds.Any(bound => bound.Length > 4 && bound.All(char.IsAsciiDigit))
                ? throw Fault($"at most {MostRepeats} repeats")
                : false;
        }

        if (minimum > MostRepeats || maximum > MostRepeats || (maximum >= 0 && maximum < minimum))
        {
            throw Fault($"a repeat in [0, {MostRepeats}], smaller bound first");
        }

        _at = end + 1;
        return true;
    }

    private static bool IsNumber(string text, out int number)
    {
        number = 0;
        foreach (char digit in text)
        {
            if (!char.IsAsciiDigit(digit) || number > 99999)
            {
                return false;
            }

            number = (number * 10) + (digit - '0');
        }

        return text.Length > 0;
    }

    private PatternPart? ParseOne()
    {
        switch (_text[_at])
        {
            case '(':
                _at++;
                return ParseGroup();
            case '[':
                _at++;
                return PatternPart.OneOf(ParseClass());
            case '.':
                _at++;
                return PatternPart.OneOf(_dotAll ? CodePointSet.All : NoLineFeed);
            case '^':
                _at++;
                return PatternPart.Anchor(PatternKind.LineStart);
            case '$':
                _at++;
                return PatternPart.Anchor(PatternKind.LineEnd);
            case '\\':
                _at++;
                return ParseEscape();
            case '?' or '*' or '+':
                throw Fault("something to repeat");
            default:
                return Literal(NextPoint());
        }
    }

    private PatternPart Literal(int point) =>
        PatternPart.OneOf(_ignoreCase ? CaseFolding.Close(CodePointSet.Of(point)) : CodePointSet.Of(point));

    private PatternPart? ParseGroup()
    {
        if (!Take("?"))
        {
            return Close(ParseChoice());
        }

        if (Take("#"))
        {
            int end = _text.IndexOf(')', _at);
            _at = end < 0 ? throw Fault("a closing parenthesis") : end + 1;
            return null;
        }

        if (Take(":"))
        {
            return Close(ParseChoice());
        }

        foreach ((string sign, PatternKind kind, bool negative) in ((string, PatternKind, bool)[])
            [
                (">", PatternKind.Atomic, false),
                ("=", PatternKind.LookAhead, false),
                ("!", PatternKind.LookAhead, true),
                ("<=", PatternKind.LookBehind, false),
                ("<!", PatternKind.LookBehind, true),
            ])
        {
            if (Take(sign))
            {
                return new PatternPart(kind, null, [Close(ParseChoice())], Flag: negative);
            }
        }

        if (Take("<"))
        {
            int end = _text.IndexOf('>', _at);
            _at = end < 0 ? throw Fault("the end of the group's name") : end + 1;
            return Close(ParseChoice());
        }

        return ParseOptions();
    }

    // (?i-m) holds to the end of the group it stands in, (?i:…) for its own.
    private PatternPart ParseOptions()
    {
        (bool ignoreCase, bool dotAll, bool extended) = (_ignoreCase, _dotAll, _extended);
        bool on = true;
        for (; !AtEnd && _text[_at] is not (':' or ')'); _at++)
        {
            switch (_text[_at])
            {
                case '-':
                    on = false;
                    break;
                case 'i':
                    _ignoreCase = on;
                    break;
                case 'm':
                    _dotAll = on;
                    break;
                case 'x':
                    _extended = on;
                    break;
                default:
                    throw Fault("a group that is known (?: ?> ?= ?! ?<= ?<! ?<name> ?imx)");
            }
        }

        if (Take(")"))
        {
            // What follows up to the end of the group is one part, as in Oniguruma: a(?i)b|c is a(?i:b|c).
            return ParseChoiceToGroupEnd(ignoreCase, dotAll, extended);
        }

        _ = Take(":") ? true : throw Fault("a closing parenthesis");
        PatternPart part = Close(ParseChoice());
        (_ignoreCase, _dotAll, _extended) = (ignoreCase, dotAll, extended);
        return part;
    }

    private PatternPart ParseChoiceToGroupEnd(bool ignoreCase, bool dotAll, bool extended)
    {
        PatternPart rest = ParseChoice();
        (_ignoreCase, _dotAll, _extended) = (ignoreCase, dotAll, extended);
        return rest;
    }

    private PatternPart Close(PatternPart part) => Take(")") ? part : throw Fault("a closing parenthesis");
}
