using ScottPlot;

namespace OnnxEmbed.Evaluation.Figures;

/// <summary>Lines with error bars, such as accuracy over the interpolation factor of a merge.</summary>
public static class CurveFigure
{
    /// <summary>Draws lines through points.</summary>
    /// <param name="title">Title.</param>
    /// <param name="xTitle">What the horizontal axis means.</param>
    /// <param name="yTitle">What the vertical axis means.</param>
    /// <param name="series">The lines.</param>
    /// <param name="baseline">A value to mark with a dashed line, such as chance; null: none.</param>
    /// <param name="baselineName">Its name.</param>
    /// <exception cref="EvaluationException">A series has positions, values and intervals of different numbers.</exception>
    public static Figure Draw(
        string title, string xTitle, string yTitle, IReadOnlyList<CurveSeries> series, double? baseline = null,
            string baselineName = "chance")
    {
        Plot plot = FigureStyle.NewPlot(title, xTitle, yTitle);
        for (int s = 0; s < series.Count; s++)
        {
            CurveSeries one = series[s];
            if (one.X.Count != one.Y.Count || (one.Intervals?.Count ?? one.X.Count) != one.X.Count)
                throw new EvaluationException($"figure {title}: needs {one.X.Count} values in {one.Name}, got {one.Y.Count}");
            Color color = FigureStyle.ColorOf(s);
            for (int i = 0; i < one.X.Count; i++)
            {
                if (one.Intervals?[i] is not { } interval)
                    continue;
                BarFigure.AddInterval(plot, one.X[i], one.Y[i], interval);
                ScottPlot.Plottables.ErrorBar bar = plot.GetPlottables<ScottPlot.Plottables.ErrorBar>().Last();
                bar.Color = color.WithAlpha(0.7);
            }

            ScottPlot.Plottables.Scatter line = plot.Add.Scatter(one.X.ToArray(), one.Y.ToArray(), color);
            line.LineWidth = 2.25f;
            line.MarkerSize = 8;
            line.MarkerShape = FigureStyle.ShapeOf(s * FigurePalette.Colors.Count);
            line.LegendText = FigureStyle.Shorten(one.Name);
        }

        if (baseline is { } level)
            BarFigure.MarkBaseline(plot, level, baselineName);
        plot.Axes.Margins(0.04, 0.08);
        if (series.Count > 1 || baseline is not null)
            FigureStyle.ShowLegend(plot);
        string description = $"{title}: {yTitle} over {xTitle} for {string.Join(", ", series.Select(one => one.Name))}";
        return new Figure(title, description, 860, 500, plot);
    }
}
