using System.Runtime.CompilerServices;
using OnnxEmbed.Models.Tokenizers.Unicode;

namespace OnnxEmbed.Models.Tokenizers.Patterns;

/// <summary>
/// A step of a compiled expression: it matches at a position, goes on with <see cref="Next"/>, and gives the end of the whole match or -1.
/// </summary>
internal abstract class PatternNode
{
    public PatternNode? Next { get; set; }

    public abstract int Match(ref PatternRun run, int at);

    protected int Continue(ref PatternRun run, int at) => Next is null ? at : Next.Match(ref run, at);

    // Only these recurse with the length of the text; the others with the length of the expression.
    private static void GuardStack()
    {
        if (!RuntimeHelpers.TryEnsureSufficientExecutionStack())
        {
            throw new PatternWorkException();
        }
    }

    public sealed class One(CodePointSet set) : PatternNode
    {
        public override int Match(ref PatternRun run, int at)
        {
            run.Spend(1);
            if (at >= run.Text.Length || !set.Contains(CodePoints.At(run.Text, at, out int units)))
            {
                return -1;
            }

            return Continue(ref run, at + units);
        }
    }

    /// <summary>Several code points of one set, as many as possible first, or as few.</summary>
    public sealed class Many(CodePointSet set, int minimum, int maximum, bool lazy) : PatternNode
    {
        public override int Match(ref PatternRun run, int at)
        {
            ReadOnlySpan<char> text = run.Text;
            int count = 0;
            int end = at;
            int least = lazy ? minimum : maximum;
            while (count != least && end < text.Length && set.Contains(CodePoints.At(text, end, out int units)))
            {
                end += units;
                count++;
            }

            run.Spend(end - at + 1);
            if (count < minimum)
            {
                return -1;
            }

            return lazy ? Lengthen(ref run, end, count) : Shorten(ref run, end, count);
        }

        private int Shorten(ref PatternRun run, int end, int count)
        {
            while (true)
            {
                int found = Continue(ref run, end);
                if (found >= 0 || count == minimum)
                {
                    return found;
                }

                CodePoints.Before(run.Text, end, out int units);
                end -= units;
                count--;
                run.Spend(1);
            }
        }

        private int Lengthen(ref PatternRun run, int end, int count)
        {
            while (true)
            {
                int found = Continue(ref run, end);
                if (found >= 0 || count == maximum || end >= run.Text.Length
                    || !set.Contains(CodePoints.At(run.Text, end, out int units)))
                {
                    return found;
                }

                end += units;
                count++;
                run.Spend(1);
            }
        }
    }

    /// <summary>The first of several ways that leads to a match; each way ends in the same next step.</summary>
    public sealed class Choice : PatternNode
    {
        private readonly PatternNode[] _ways;
        private readonly ulong[] _viable = new ulong[128];
        private readonly ulong _atEnd;

        public Choice(PatternNode[] ways, (CodePointSet First, bool Nullable)[] starts)
        {
            _ways = ways;
            for (int way = 0; way < Math.Min(ways.Length, 64); way++)
            {
                for (int c = 0; c < 128; c++)
                {
                    _viable[c] |= starts[way].Nullable || starts[way].First.Contains(c) ? 1UL << way : 0;
                }

                _atEnd |= starts[way].Nullable ? 1UL << way : 0;
            }
        }

        public override int Match(ref PatternRun run, int at)
        {
            run.Spend(1);
            if (_ways.Length <= 64 && (at >= run.Text.Length || run.Text[at] < 128))
            {
                ulong viable = at >= run.Text.Length ? _atEnd : _viable[run.Text[at]];
                for (; viable != 0; viable &= viable - 1)
                {
                    int found = _ways[System.Numerics.BitOperations.TrailingZeroCount(viable)].Match(ref run, at);
                    if (found >= 0)
                    {
                        return found;
                    }
                }

                return -1;
            }

            foreach (PatternNode way in _ways)
            {
                int found = way.Match(ref run, at);
                if (found >= 0)
                {
                    return found;
                }
            }

            return -1;
        }
    }

    /// <summary>A part any number of times; its last step is <see cref="Again"/>.</summary>
    public sealed class Loop(bool lazy) : PatternNode
    {
        public PatternNode? Body { get; set; }

        public override int Match(ref PatternRun run, int at)
        {
            GuardStack();
            run.Spend(1);
            int first = lazy ? Continue(ref run, at) : Body!.Match(ref run, at);
            return first >= 0 ? first : lazy ? Body!.Match(ref run, at) : Continue(ref run, at);
        }
    }

    /// <summary>End of a loop's part. A part that cannot be empty always moves on, so that no position needs to be kept.</summary>
    public sealed class Again(Loop loop) : PatternNode
    {
        public override int Match(ref PatternRun run, int at) => loop.Match(ref run, at);
    }

    /// <summary>What matches by itself, once: atomic groups and looks around.</summary>
    public sealed class Look(PatternNode inner, PatternKind kind, bool negative) : PatternNode
    {
        public override int Match(ref PatternRun run, int at)
        {
            run.Spend(1);
            if (kind == PatternKind.Atomic)
            {
                int end = inner.Match(ref run, at);
                return end < 0 ? -1 : Continue(ref run, end);
            }

            bool found = kind == PatternKind.LookAhead ? inner.Match(ref run, at) >= 0 : Behind(ref run, at);
            return found == negative ? -1 : Continue(ref run, at);
        }

        // Every start before the position is tried, on text that ends there.
        private bool Behind(ref PatternRun run, int at)
        {
            PatternRun before = new(run.Text[..at]);
            for (int start = at; start >= 0; start--)
            {
                run.Spend(1);
                if (inner.Match(ref before, start) == at)
                {
                    return true;
                }
            }

            return false;
        }
    }

    public sealed class Anchor(PatternKind kind) : PatternNode
    {
        public override int Match(ref PatternRun run, int at)
        {
            ReadOnlySpan<char> text = run.Text;
            bool holds = kind switch
            {
                PatternKind.LineStart => at == 0 || (text[at - 1] == '\n' && at < text.Length),
                PatternKind.LineEnd => at == text.Length || text[at] == '\n',
                PatternKind.TextStart => at == 0,
                PatternKind.TextEnd => at == text.Length,
                PatternKind.TextEndOrLineFeed => at == text.Length || (at == text.Length - 1 && text[at] == '\n'),
                _ => IsBoundary(text, at) == (kind == PatternKind.WordBoundary),
            };
            return holds ? Continue(ref run, at) : -1;
        }

        private static bool IsBoundary(ReadOnlySpan<char> text, int at)
        {
            bool before = at > 0 && PatternParser.Word.Contains(CodePoints.Before(text, at, out _));
            bool after = at < text.Length && PatternParser.Word.Contains(CodePoints.At(text, at, out _));
            return before != after;
        }
    }
}
