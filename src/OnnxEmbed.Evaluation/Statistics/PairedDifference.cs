namespace OnnxEmbed.Evaluation.Statistics;

/// <summary>The mean of a - b over the same items, with its uncertainty.</summary>
/// <param name="MeanDifference">Mean of a - b over the items.</param>
/// <param name="Interval">95 % bootstrap interval, units drawn with replacement.</param>
/// <param name="PValue">Two-sided p of the sign-flip test over units, in (0, 1].</param>
/// <param name="Units">Number of independent units.</param>
/// <param name="IsExact">Whether every assignment of signs was counted, rather than a random sample of them.</param>
public sealed record PairedDifference(double MeanDifference, Interval Interval, double PValue, int Units, bool IsExact);
