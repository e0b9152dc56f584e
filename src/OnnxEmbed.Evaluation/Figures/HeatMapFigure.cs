using System.Globalization;
using ScottPlot;

namespace OnnxEmbed.Evaluation.Figures;

/// <summary>A table of numbers as coloured cells with the numbers in them, such as how far two models are apart by layer and kind of weight.</summary>
public static class HeatMapFigure
{
    private static readonly Color Low = Color.FromHex("#F6F8FA");
    private static readonly Color High = Color.FromHex("#0B4F8A");

    /// <summary>Draws a cell for each row and column.</summary>
    /// <param name="title">Title.</param>
    /// <param name="valueTitle">What a number means, with its unit.</param>
    /// <param name="rows">Name of each row, from the top.</param>
    /// <param name="columns">Name of each column.</param>
    /// <param name="values">A number for each column of each row; NaN leaves a cell empty.</param>
    /// <exception cref="EvaluationException">There is no cell, or a row has not one value for each column.</exception>
    public static Figure Draw(
        string title, string valueTitle, IReadOnlyList<string> rows, IReadOnlyList<string> columns, IReadOnlyList<IReadOnlyList<double>> values)
    {
        if (rows.Count == 0 || columns.Count == 0 || values.Count != rows.Count || values.Any(row => row.Count != columns.Count))
        {
            throw new EvaluationException(
                $"figure {title}: needs {rows.Count} rows of {columns.Count} values, at least one, got {values.Count} of {string.Join(", ", values.Select(row => row.Count).Distinct())}");
        }

        Plot plot = FigureStyle.NewPlot(title, valueTitle, "");
        double[] finite = [.. values.SelectMany(row => row).Where(double.IsFinite)];
        double least = finite.DefaultIfEmpty(0).Min();
        double most = finite.DefaultIfEmpty(0).Max();
        for (int row = 0; row < rows.Count; row++)
        {
            for (int column = 0; column < columns.Count; column++)
            {
                AddCell(plot, column, rows.Count - 1 - row, values[row][column], least, most);
            }
        }

        FigureStyle.NameTicks(plot.Axes.Left, [.. Enumerable.Range(0, rows.Count).Select(row => rows.Count - 1.0 - row)], [.. rows.Select(name => FigureStyle.Shorten(name))]);
        FigureStyle.NameTicks(plot.Axes.Bottom, [.. Enumerable.Range(0, columns.Count).Select(column => (double)column)], [.. columns.Select(name => FigureStyle.Shorten(name))]);
        if (columns.Sum(name => Math.Min(28, name.Length)) > 85)
        {
            plot.Axes.Bottom.TickLabelStyle.Rotation = -35;
            plot.Axes.Bottom.TickLabelStyle.Alignment = Alignment.MiddleRight;
            plot.Axes.Bottom.MinimumSize = 170;
        }

        plot.Grid.IsVisible = false;
        plot.Axes.SetLimits(-0.5, columns.Count - 0.5, -0.5, rows.Count - 0.5);
        string description = string.Create(
            CultureInfo.InvariantCulture, $"{title}: {valueTitle} for {string.Join(", ", rows)} by {string.Join(", ", columns)}, from {least:G3} to {most:G3}");
        return new Figure(title, description, Math.Clamp(260 + (70 * columns.Count), 520, 1500), Math.Clamp(240 + (34 * rows.Count), 360, 1600), plot);
    }

    private static void AddCell(Plot plot, int x, int y, double value, double least, double most)
    {
        if (!double.IsFinite(value))
        {
            return;
        }

        double share = most > least ? (value - least) / (most - least) : 0;
        ScottPlot.Plottables.Rectangle cell = plot.Add.Rectangle(x - 0.48, x + 0.48, y - 0.46, y + 0.46);
        cell.FillColor = Mix(share);
        cell.LineWidth = 0;
        ScottPlot.Plottables.Text text = plot.Add.Text(value.ToString("G2", CultureInfo.InvariantCulture), x, y);
        text.LabelAlignment = Alignment.MiddleCenter;
        text.LabelFontSize = 12;
        text.LabelFontName = EmbeddedFont.Family;
        text.LabelFontColor = share > 0.5 ? Colors.White : Color.FromHex(FigureStyle.Ink);
    }

    private static Color Mix(double share)
    {
        return new Color(Between(Low.R, High.R), Between(Low.G, High.G), Between(Low.B, High.B));

        byte Between(byte low, byte high) => (byte)Math.Round(low + (share * (high - low)));
    }
}
