using OnnxEmbed.Models.Tokenizers.Unicode;

namespace OnnxEmbed.Models.Tokenizers.Patterns;

/// <summary>A node of a parsed regular expression.</summary>
/// <param name="Kind">What it is.</param>
/// <param name="Set">The set of <see cref="PatternKind.Set"/>.</param>
/// <param name="Parts">What it is made of.</param>
/// <param name="Minimum">Fewest times of a repeat.</param>
/// <param name="Maximum">Most times of a repeat; -1: no limit.</param>
/// <param name="Flag">Of a repeat: takes as few as possible. Of a look around: must not match.</param>
internal sealed record PatternPart(
    PatternKind Kind, CodePointSet? Set, IReadOnlyList<PatternPart> Parts, int Minimum = 0, int Maximum = 0, bool Flag = false)
{
    public static PatternPart Empty { get; } = new(PatternKind.Sequence, null, []);

    public static PatternPart OneOf(CodePointSet set) => new(PatternKind.Set, set, []);

    public static PatternPart SequenceOf(IReadOnlyList<PatternPart> parts) =>
        parts.Count == 1 ? parts[0] : new PatternPart(PatternKind.Sequence, null, parts);

    public static PatternPart ChoiceOf(IReadOnlyList<PatternPart> parts) =>
        parts.Count == 1 ? parts[0] : new PatternPart(PatternKind.Choice, null, parts);

    public static PatternPart Anchor(PatternKind kind) => new(kind, null, []);

    /// <summary>The code points with which a match can begin, and whether it can be empty.</summary>
    public (CodePointSet First, bool Nullable) Start()
    {
        switch (Kind)
        {
            case PatternKind.Set:
                return (Set!, false);
            case PatternKind.Atomic:
                return Parts[0].Start();
            case PatternKind.Repeat:
                (CodePointSet once, bool empty) = Parts[0].Start();
                return (once, empty || Minimum == 0);
            case PatternKind.Choice:
                CodePointSet any = CodePointSet.Empty;
                bool nullable = false;
                foreach (PatternPart part in Parts)
                {
                    (CodePointSet first, bool mayBeEmpty) = part.Start();
                    any = any.Union(first);
                    nullable |= mayBeEmpty;
                }

                return (any, nullable);
            case PatternKind.Sequence:
                CodePointSet set = CodePointSet.Empty;
                foreach (PatternPart part in Parts)
                {
                    (CodePointSet first, bool mayBeEmpty) = part.Start();
                    set = set.Union(first);
                    if (!mayBeEmpty)
                    {
                        return (set, false);
                    }
                }

                return (set, true);
            default:
                return (CodePointSet.Empty, true);
        }
    }
}
