using OnnxEmbed.Evaluation.Statistics;

namespace OnnxEmbed.Evaluation.Figures;

/// <summary>One line of a curve chart.</summary>
/// <param name="Name">Its name in the legend.</param>
/// <param name="X">Positions, ascending.</param>
/// <param name="Y">Value at each position.</param>
/// <param name="Intervals">Error bar of each value; null: none.</param>
public sealed record CurveSeries(string Name, IReadOnlyList<double> X, IReadOnlyList<double> Y, IReadOnlyList<Interval?>? Intervals = null);
