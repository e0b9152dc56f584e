namespace OnnxEmbed.Models.Tokenizers.Patterns;

/// <summary>What a part of a regular expression is.</summary>
internal enum PatternKind
{
    /// <summary>One code point of a set.</summary>
    Set,

    /// <summary>Parts one after another; without parts it matches nothing at all, anywhere.</summary>
    Sequence,

    /// <summary>The first alternative that leads to a match.</summary>
    Choice,

    /// <summary>A part several times.</summary>
    Repeat,

    /// <summary>A part once, never tried otherwise again.</summary>
    Atomic,

    /// <summary>What must or must not follow.</summary>
    LookAhead,

    /// <summary>What must or must not come before.</summary>
    LookBehind,

    /// <summary>Start of a line, <c>^</c>.</summary>
    LineStart,

    /// <summary>End of a line, <c>$</c>.</summary>
    LineEnd,

    /// <summary>Start of the text, <c>\A</c>.</summary>
    TextStart,

    /// <summary>End of the text, <c>\z</c>.</summary>
    TextEnd,

    /// <summary>End of the text or before its last line feed, <c>\Z</c>.</summary>
    TextEndOrLineFeed,

    /// <summary>Between a word character and another, <c>\b</c>.</summary>
    WordBoundary,

    /// <summary>Not at a word boundary, <c>\B</c>.</summary>
    NoWordBoundary,
}
