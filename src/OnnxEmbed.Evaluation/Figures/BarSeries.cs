using OnnxEmbed.Evaluation.Statistics;

namespace OnnxEmbed.Evaluation.Figures;

/// <summary>One colour of a bar chart.</summary>
/// <param name="Name">Its name in the legend.</param>
/// <param name="Values">Value of each category; NaN leaves a gap.</param>
/// <param name="Intervals">Error bar of each value; null: none.</param>
public sealed record BarSeries(string Name, IReadOnlyList<double> Values, IReadOnlyList<Interval?>? Intervals = null);
