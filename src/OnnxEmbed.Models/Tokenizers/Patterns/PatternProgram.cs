using OnnxEmbed.Models.Tokenizers.Unicode;

namespace OnnxEmbed.Models.Tokenizers.Patterns;

/// <summary>
/// A regular expression ready to search: backtracking over code points in the order of Oniguruma, so that the same text is found. Own,
/// because .NET's engine sees UTF-16 units (a letter beyond U+FFFF is no <c>\p{L}</c> to it), has no nested or intersected classes and no
/// scripts, and bounds its work by the clock only. Immutable and thread-safe.
/// </summary>
internal sealed class PatternProgram
{
    private const int MostNodes = 20_000;

    private readonly PatternNode _root;
    private readonly CodePointSet? _first;
    private int _nodes;

    /// <exception cref="FormatException">The expression is wrong, too large, or uses what is not supported.</exception>
    public PatternProgram(string expression)
    {
        PatternPart part = PatternParser.Parse(expression);
        _root = Compile(part, new End());
        (CodePointSet first, bool nullable) = part.Start();
        _first = nullable ? null : first;
    }

    /// <summary>
    /// Appends the matches in a text, in order, empty ones included save where the one before ends.
    /// </summary>
    /// <exception cref="PatternWorkException">The search took too many steps.</exception>
    public void Find(ReadOnlySpan<char> text, List<TextSpan> matches)
    {
        PatternRun run = new(text);
        int lastEnd = -1;
        for (int from = 0; from <= text.Length;)
        {
            int end = -1;
            int units = 1;
            for (; from <= text.Length; from += units)
            {
                int point = from < text.Length ? CodePoints.At(text, from, out units) : -1;
                if (_first is null || (point >= 0 && _first.Contains(point)))
                {
                    end = _root.Match(ref run, from);
                    if (end >= 0)
                    {
                        break;
                    }
                }
            }

            if (end < 0)
            {
                return;
            }

            if (end == from && from == lastEnd)
            {
                from += units;
                continue;
            }

            matches.Add(new TextSpan(from, end - from));
            lastEnd = end;
            from = end;
        }
    }

    private T Count<T>(T node)
        where T : PatternNode =>
        ++_nodes <= MostNodes ? node : throw new FormatException($"needs at most {MostNodes} steps with its repeats written out");

    private PatternNode Compile(PatternPart part, PatternNode next)
    {
        switch (part.Kind)
        {
            case PatternKind.Set:
                return Count(new PatternNode.One(part.Set!) { Next = next });
            case PatternKind.Sequence:
                for (int i = part.Parts.Count - 1; i >= 0; i--)
                {
                    next = Compile(part.Parts[i], next);
                }

                return next;
            case PatternKind.Choice:
                return Count(new PatternNode.Choice(
                    [.. part.Parts.Select(way => Compile(way, next))], [.. part.Parts.Select(way => way.Start())]));
            case PatternKind.Repeat:
                return CompileRepeat(part, next);
            case PatternKind.Atomic or PatternKind.LookAhead or PatternKind.LookBehind:
                return Count(new PatternNode.Look(Compile(part.Parts[0], new End()), part.Kind, part.Flag) { Next = next });
            default:
                return Count(new PatternNode.Anchor(part.Kind) { Next = next });
        }
    }

    private PatternNode CompileRepeat(PatternPart part, PatternNode next)
    {
        PatternPart body = part.Parts[0];
        if (body.Kind == PatternKind.Set)
        {
            return Count(new PatternNode.Many(body.Set!, part.Minimum, part.Maximum, part.Flag) { Next = next });
        }

        if (part.Maximum < 0)
        {
            if (body.Start().Nullable)
            {
                throw new FormatException("needs a part that is never empty in a repeat without end");
            }

            PatternNode.Loop loop = Count(new PatternNode.Loop(part.Flag) { Next = next });
            loop.Body = Compile(body, new PatternNode.Again(loop));
            next = loop;
        }
        else
        {
            // Each optional time contains those after it: x{0,2} is (x(x)?)?.
            PatternNode after = next;
            for (int i = part.Minimum; i < part.Maximum; i++)
            {
                next = Count(new PatternNode.Loop(part.Flag) { Body = Compile(body, next), Next = after });
            }
        }

        for (int i = 0; i < part.Minimum; i++)
        {
            next = Compile(body, next);
        }

        return next;
    }

    private sealed class End : PatternNode
    {
        public override int Match(ref PatternRun run, int at) => at;
    }
}
