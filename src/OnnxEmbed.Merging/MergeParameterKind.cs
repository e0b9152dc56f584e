namespace OnnxEmbed.Merging;

/// <summary>What the values of a parameter look like.</summary>
public enum MergeParameterKind
{
    /// <summary>A number, with a decimal point.</summary>
    Number,

    /// <summary>A whole number.</summary>
    Integer,

    /// <summary><c>true</c> or <c>false</c>.</summary>
    Flag,

    /// <summary>One of a list of words.</summary>
    Choice,
}
