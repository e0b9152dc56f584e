namespace OnnxEmbed.Evaluation.Statistics;

/// <summary>A confidence interval.</summary>
/// <param name="Low">Lower end.</param>
/// <param name="High">Upper end.</param>
/// <param name="Level">Share of such intervals that cover the true value, as designed: 0.95.</param>
public readonly record struct Interval(double Low, double High, double Level);
