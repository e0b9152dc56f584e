namespace OnnxEmbed.Models.Importing;

/// <summary>What a self-check measured.</summary>
/// <param name="Texts">Texts that were embedded.</param>
/// <param name="Tokens">Their tokens.</param>
/// <param name="Width">Width of a vector.</param>
/// <param name="LeastNorm">Length of the shortest vector.</param>
/// <param name="GreatestNorm">Length of the longest vector.</param>
/// <param name="BatchDifference">
/// Greatest difference in one number between a text alone and the text in a padded batch, as a part of the vector's length.
/// </param>
/// <param name="GreatestCosine">Greatest cosine between the vectors of two different texts.</param>
public sealed record SelfCheckFigures(
    int Texts, long Tokens, int Width, double LeastNorm, double GreatestNorm, double BatchDifference, double GreatestCosine);
