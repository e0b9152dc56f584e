namespace OnnxEmbed.Models.Tokenizers.SpecialTokens;

/// <summary>Which of two texts is cut where both are too long together; the names are those of <c>tokenizer.json</c>.</summary>
public enum PairTruncation
{
    /// <summary>The longer one, down to the length of the other, then both alike.</summary>
    LongestFirst,

    /// <summary>The first only.</summary>
    OnlyFirst,

    /// <summary>The second only.</summary>
    OnlySecond,
}
