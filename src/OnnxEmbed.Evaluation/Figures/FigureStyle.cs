using ScottPlot;

namespace OnnxEmbed.Evaluation.Figures;

/// <summary>What all figures share: ground, type sizes, quiet axes, a legend outside the data.</summary>
internal static class FigureStyle
{
    public const string Ink = "#24292F";
    public const string Muted = "#6E7781";
    public const string Faint = "#D8DEE4";
    public const string GridLine = "#EAEEF2";
    private const float TitleSize = 17;
    private const float LabelSize = 14;
    private const float TickSize = 12.5f;

    private static readonly MarkerShape[] Shapes =
        [MarkerShape.FilledCircle, MarkerShape.FilledTriangleUp, MarkerShape.FilledSquare, MarkerShape.FilledDiamond];

    public static Plot NewPlot(string title, string x, string y)
    {
        EmbeddedFont.Register();
        Plot plot = new();
        plot.Font.Set(EmbeddedFont.Family);
        plot.FigureBackground.Color = Color.FromHex("#FFFFFF");
        plot.DataBackground.Color = Color.FromHex("#FFFFFF");
        plot.Title(title, TitleSize);
        plot.Axes.Title.Label.ForeColor = Color.FromHex(Ink);
        plot.Axes.Title.Label.Bold = false;
        plot.XLabel(x, LabelSize);
        plot.YLabel(y, LabelSize);
        foreach (IAxis axis in new IAxis[] { plot.Axes.Bottom, plot.Axes.Left })
        {
            axis.TickGenerator = new ScottPlot.TickGenerators.NumericAutomatic { TickDensity = 0.55 };
            axis.Label.Bold = false;
            axis.Label.ForeColor = Color.FromHex(Ink);
            axis.TickLabelStyle.FontSize = TickSize;
            axis.TickLabelStyle.ForeColor = Color.FromHex(Muted);
            axis.FrameLineStyle.Color = Color.FromHex(Faint);
            axis.MajorTickStyle.Color = Color.FromHex(Faint);
            axis.MinorTickStyle.Length = 0;
        }

        plot.Axes.Right.FrameLineStyle.Width = 0;
        plot.Axes.Top.FrameLineStyle.Width = 0;
        plot.Grid.MajorLineColor = Color.FromHex(GridLine);
        plot.Grid.MajorLineWidth = 1;
        return plot;
    }

    public static void ShowLegend(Plot plot)
    {
        plot.Legend.FontSize = TickSize;
        plot.Legend.FontColor = Color.FromHex(Ink);
        plot.Legend.OutlineWidth = 0;
        plot.Legend.ShadowColor = Colors.Transparent;
        plot.Legend.BackgroundColor = Colors.Transparent;
        plot.ShowLegend(Edge.Right);
    }

    /// <summary>Replaces the ticks of an axis by named positions.</summary>
    public static void NameTicks(IAxis axis, IReadOnlyList<double> positions, IReadOnlyList<string> names)
    {
        axis.TickGenerator = new ScottPlot.TickGenerators.NumericManual([.. positions], [.. names]);
        axis.MajorTickStyle.Length = 0;
        axis.TickLabelStyle.ForeColor = Color.FromHex(Ink);
    }

    public static Color ColorOf(int index) => Color.FromHex(FigurePalette.Of(index));

    /// <summary>Marker of an entry: it changes each time the colours repeat.</summary>
    public static MarkerShape ShapeOf(int index) => Shapes[index / FigurePalette.Colors.Count % Shapes.Length];

    /// <summary>A name that fits a legend or a tick.</summary>
    public static string Shorten(string name, int most = 28) => name.Length <= most ? name : name[..(most - 1)] + "…";
}
