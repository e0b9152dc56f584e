namespace OnnxEmbed.Evaluation;

/// <summary>What a metric is: one row of <see cref="Metrics"/>.</summary>
/// <param name="Name">Its key in <c>metrics.json</c>.</param>
/// <param name="Title">Its name for people.</param>
/// <param name="IsHigherBetter">Whether more is better; null where neither end is.</param>
/// <param name="Explanation">What it says, in one sentence.</param>
/// <param name="Source">Where it is defined.</param>
public sealed record MetricDescriptor(string Name, string Title, bool? IsHigherBetter, string Explanation, Uri Source);
