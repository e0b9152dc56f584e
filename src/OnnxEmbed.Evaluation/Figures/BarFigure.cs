using OnnxEmbed.Evaluation.Statistics;
using ScottPlot;

namespace OnnxEmbed.Evaluation.Figures;

/// <summary>Grouped bars with error bars, such as a metric by model family and property.</summary>
public static class BarFigure
{
    /// <summary>Draws a bar for each series in each category.</summary>
    /// <param name="title">Title.</param>
    /// <param name="valueTitle">What the length of a bar means, with its unit.</param>
    /// <param name="categories">Name of each group of bars.</param>
    /// <param name="series">Bars by colour; one value for each category.</param>
    /// <param name="baseline">A value to mark with a dashed line, such as chance; null: none.</param>
    /// <param name="baselineName">Its name.</param>
    /// <exception cref="EvaluationException">A series has not one value for each category.</exception>
    public static Figure Draw(
        string title, string valueTitle, IReadOnlyList<string> categories, IReadOnlyList<BarSeries> series, double? baseline = null,
        string baselineName = "chance")
    {
        Plot plot = FigureStyle.NewPlot(title, "", valueTitle);
        // A single series leaves more air, or its bars would look like areas.
        double span = series.Count == 1 ? 0.56 : 0.8, width = span / series.Count;
        for (int s = 0; s < series.Count; s++)
        {
            BarSeries one = series[s];
            if (one.Values.Count != categories.Count || (one.Intervals?.Count ?? categories.Count) != categories.Count)
            {
                throw new EvaluationException(
                    $"figure {title}: needs {categories.Count} values in {one.Name}, got {one.Values.Count}");
            }

            List<Bar> bars = [];
            for (int c = 0; c < categories.Count; c++)
            {
                double center = c - (span / 2) + (width * (s + 0.5));
                if (!double.IsFinite(one.Values[c]))
                    continue;
                bars.Add(new Bar
                {
                    Position = center,
                    Value = one.Values[c],
                    Size = width * 0.9,
                    FillColor = FigureStyle.ColorOf(s),
                    LineWidth = 0,
                });
                if (one.Intervals?[c] is { } interval)
                    AddInterval(plot, center, one.Values[c], interval);
            }

            plot.Add.Bars(bars).LegendText = series.Count > 1 ? FigureStyle.Shorten(one.Name) : "";
        }

        // Error bars lie over the bars of every series.
        foreach (IPlottable errors in plot.GetPlottables<ScottPlot.Plottables.ErrorBar>().ToArray())
            plot.MoveToTop(errors);
        if (baseline is { } level)
            MarkBaseline(plot, level, baselineName);
        FigureStyle.NameTicks(plot.Axes.Bottom, [.. Enumerable.Range(0, categories.Count).Select(c => (double)c)],
            [.. categories.Select(category => FigureStyle.Shorten(category, 22))]);
        bool crowded = categories.Sum(category => Math.Min(22, category.Length)) > 85;
        if (crowded)
        {
            plot.Axes.Bottom.TickLabelStyle.Rotation = -30;
            plot.Axes.Bottom.TickLabelStyle.Alignment = Alignment.MiddleRight;
            plot.Axes.Bottom.MinimumSize = 100;
        }

        plot.Grid.XAxisStyle.IsVisible = false;
        plot.Axes.Margins(0.02, 0.1);
        plot.Axes.AutoScale();
        AxisLimits limits = plot.Axes.GetLimits();
        double lowest = series.SelectMany(one => one.Values.Select((value, c) => one.Intervals?[c]?.Low ?? value)).Where(double.IsFinite)
            .DefaultIfEmpty(0).Min();
        plot.Axes.SetLimitsX(-0.55, categories.Count - 0.45);
        plot.Axes.SetLimitsY(lowest < 0 ? limits.Bottom : 0, Math.Max(0, limits.Top));
        if (lowest < 0)
            plot.Add.HorizontalLine(0, 1, Color.FromHex(FigureStyle.Muted));
        if (series.Count > 1 || baseline is not null)
            FigureStyle.ShowLegend(plot);
        string description =
            $"{title}: {valueTitle} of {string.Join(", ", series.Select(one => one.Name))} for {string.Join(", ", categories)}";
        return new Figure(title, description, 900, 520, plot);
    }

    internal static void AddInterval(Plot plot, double x, double value, Interval interval)
    {
        ScottPlot.Plottables.ErrorBar bar = new([x], [value], [0], [0], [interval.High - value], [value - interval.Low])
        {
            Color = Color.FromHex(FigureStyle.Ink),
            LineWidth = 1.5f,
            CapSize = 4,
        };
        plot.Add.Plottable(bar);
    }

    internal static void MarkBaseline(Plot plot, double level, string name)
    {
        ScottPlot.Plottables.HorizontalLine line = plot.Add.HorizontalLine(level, 1.5f, Color.FromHex(FigureStyle.Muted),
            LinePattern.Dashed);
        line.LegendText = name;
    }
}
