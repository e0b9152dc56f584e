using ScottPlot;

namespace OnnxEmbed.Evaluation.Figures;

/// <summary>The silhouette plot: each item's silhouette as a thin bar, sorted within its label. P. J. Rousseeuw 1987, figure 3.</summary>
public static class SilhouetteFigure
{
    // Items of one label that are drawn: beyond it every so-manieth, which at this height looks the same.
    private const int MaxBars = 400;
    private const int MaxNames = 40;

    /// <summary>Draws silhouettes.</summary>
    /// <param name="title">Title.</param>
    /// <param name="silhouettes">Silhouette [n] of each item.</param>
    /// <param name="codes">Label [n] of each item.</param>
    /// <param name="names">Name of each label.</param>
    public static Figure Draw(string title, IReadOnlyList<double> silhouettes, IReadOnlyList<int> codes, IReadOnlyList<string> names)
    {
        Plot plot = FigureStyle.NewPlot(title, "silhouette", "");
        double gap = silhouettes.Count / 60.0, top = 0;
        List<double> positions = [];
        List<string> ticks = [];
        foreach (int code in codes.Distinct().Order())
        {
            double[] sorted = [.. Enumerable.Range(0, codes.Count).Where(row => codes[row] == code).Select(row =>
                silhouettes[row]).OrderDescending()];
            double step = Math.Max(1, sorted.Length / (double)MaxBars);
            List<Coordinates> outline = [new(0, -top)];
            for (double at = 0; at < sorted.Length; at += step)
            {
                outline.Add(new Coordinates(sorted[(int)at], -top - at));
                outline.Add(new Coordinates(sorted[(int)at], -top - Math.Min(sorted.Length, at + step)));
            }

            outline.Add(new Coordinates(0, -top - sorted.Length));
            ScottPlot.Plottables.Polygon area = plot.Add.Polygon([.. outline]);
            area.FillColor = FigureStyle.ColorOf(code).WithAlpha(0.85);
            area.LineWidth = 0;
            positions.Add(-top - (sorted.Length / 2.0));
            ticks.Add($"{FigureStyle.Shorten(names[code])} ({sorted.Length})");
            top += sorted.Length + gap;
        }

        double mean = silhouettes.Average();
        ScottPlot.Plottables.VerticalLine line = plot.Add.VerticalLine(mean, 1.5f, Color.FromHex(FigureStyle.Ink), LinePattern.Dashed);
        line.LabelText = FormattableString.Invariant($"mean {mean:F3}");
        line.LabelOppositeAxis = true;
        line.LabelFontSize = 12.5f;
        line.LabelBold = false;
        line.LabelBackgroundColor = Colors.Transparent;
        line.LabelFontColor = Color.FromHex(FigureStyle.Ink);
        plot.Axes.Top.MinimumSize = 24;
        plot.Axes.SetLimitsY(-top + gap / 2, gap);
        plot.Axes.SetLimitsX(Math.Min(-0.1, silhouettes.Min() - 0.05), Math.Min(1, silhouettes.Max() + 0.05));
        if (ticks.Count <= MaxNames)
            FigureStyle.NameTicks(plot.Axes.Left, positions, ticks);
        else
            FigureStyle.NameTicks(plot.Axes.Left, [], []);
        plot.Grid.YAxisStyle.IsVisible = false;
        plot.Axes.Left.FrameLineStyle.Width = 0;
        string description = FormattableString.Invariant(
            $"{title}: silhouettes of {silhouettes.Count} items in {ticks.Count} labels, mean {mean:F3}");
        return new Figure(title, description, 860, Math.Clamp(180 + (44 * ticks.Count), 360, 900), plot);
    }
}
