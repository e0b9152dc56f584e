namespace OnnxEmbed.Models.Tokenizers.PreTokenizers;

/// <summary>What becomes of the matches at which a piece is split; the names are those of <c>tokenizer.json</c>.</summary>
internal enum DelimiterBehavior
{
    /// <summary>A match is dropped.</summary>
    Removed,

    /// <summary>A match is a piece of its own.</summary>
    Isolated,

    /// <summary>A match ends the piece before it.</summary>
    MergedWithPrevious,

    /// <summary>A match begins the piece after it.</summary>
    MergedWithNext,

    /// <summary>Matches that touch are one piece.</summary>
    Contiguous,
}
