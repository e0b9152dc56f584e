namespace OnnxEmbed.Study.Results;

/// <summary>How far k-means labels agree with one attribute of the items.</summary>
/// <param name="Attribute">Name of the column; <c>label</c> is the property itself.</param>
/// <param name="AdjustedMutualInformation">AMI, [-1, 1], 0 expected by chance.</param>
/// <param name="AdjustedRand">ARI, [-0.5, 1], 0 expected by chance.</param>
/// <param name="PermutationP">Share of label permutations that agree at least as well, (0, 1].</param>
public sealed record AttributeAgreement(string Attribute, double AdjustedMutualInformation, double AdjustedRand, double PermutationP);
