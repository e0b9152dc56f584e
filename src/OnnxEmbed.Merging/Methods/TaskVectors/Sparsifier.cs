namespace OnnxEmbed.Merging.Methods.TaskVectors;

/// <summary>Which elements of a task vector take part.</summary>
internal enum Sparsifier
{
    /// <summary>All.</summary>
    None,

    /// <summary>The largest (TIES).</summary>
    Magnitude,

    /// <summary>The largest but for outliers (Breadcrumbs).</summary>
    Outliers,

    /// <summary>Each with the same probability (DARE).</summary>
    Bernoulli,

    /// <summary>Each with a probability that grows with its rank in the row (DELLA).</summary>
    Rank,

    /// <summary>The positions at which models differ most (SCE).</summary>
    Variance,

    /// <summary>Those above a number (RAM).</summary>
    Threshold,
}
