namespace OnnxEmbed.Evaluation.Attributes;

/// <summary>How far clusters found without labels follow a column: one row of the matrix "what else do these embeddings encode".</summary>
/// <param name="Name">Name of the column.</param>
/// <param name="IsTarget">Whether it is the label of the evaluation.</param>
/// <param name="IsNumeric">Whether its values are buckets of numbers.</param>
/// <param name="Values">Distinct values, or buckets.</param>
/// <param name="Ari">Adjusted Rand index with the clusters; 0 is chance.</param>
/// <param name="Ami">Adjusted mutual information; 0 is chance, 1 is equality.</param>
/// <param name="Nmi">Normalised mutual information, in [0, 1]; not corrected for chance.</param>
/// <param name="PValue">(1 + permutations of the column with as much mutual information) / (1 + permutations).</param>
public sealed record AttributeEncoding(
    string Name, bool IsTarget, bool IsNumeric, int Values, double Ari, double Ami, double Nmi, double PValue);
