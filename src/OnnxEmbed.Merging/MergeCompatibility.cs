namespace OnnxEmbed.Merging;

/// <summary>Whose numbers a merge gives where merging programs differ.</summary>
public enum MergeCompatibility
{
    /// <summary>The papers' formulas, as exact as double allows.</summary>
    None,

    /// <summary>mergekit's, with its thresholds and fallbacks; still in double and rounded once.</summary>
    Mergekit,
}
