using OnnxEmbed.Evaluation.Projections;
using ScottPlot;

namespace OnnxEmbed.Evaluation.Figures;

/// <summary>Items as points of a plane, coloured by a category.</summary>
public static class ScatterFigure
{
    // Points are drawn category after category; many of them get smaller and lighter, so that dense places stay readable.
    private const int ManyPoints = 2000;
    private const int MaxLegend = 24;

    /// <summary>Draws a 2-D projection.</summary>
    /// <param name="title">Title.</param>
    /// <param name="projection">Points [n, 2 or more]; the first two coordinates are drawn.</param>
    /// <param name="codes">Category [n] of each item.</param>
    /// <param name="names">Name of each category.</param>
    public static Figure Draw(string title, Projection projection, IReadOnlyList<int> codes, IReadOnlyList<string> names)
    {
        Plot plot = FigureStyle.NewPlot(title, projection.AxisTitle(0), projection.Dimensions > 1 ? projection.AxisTitle(1) : "");
        double[] x = projection.Axis(0), y = projection.Dimensions > 1 ? projection.Axis(1) : new double[codes.Count];
        bool many = codes.Count > ManyPoints;
        int[] present = [.. codes.Distinct().Order()];
        foreach (int code in present)
        {
            int[] rows = [.. Enumerable.Range(0, codes.Count).Where(row => codes[row] == code)];
            ScottPlot.Plottables.Markers markers = plot.Add.Markers(
                rows.Select(row => x[row]).ToArray(), rows.Select(row => y[row]).ToArray(), FigureStyle.ShapeOf(code), many ? 4 : 6.5f,
                FigureStyle.ColorOf(code).WithAlpha(many ? 0.5 : 0.75));
            markers.LegendText = present.Length <= MaxLegend ? FigureStyle.Shorten(names[code]) : "";
        }

        if (present.Length <= MaxLegend)
            FigureStyle.ShowLegend(plot);
        string description = $"{title}: {codes.Count} items by {projection.Method}, coloured by {present.Length} categories";
        return new Figure(title, description, 860, 560, plot);
    }
}
