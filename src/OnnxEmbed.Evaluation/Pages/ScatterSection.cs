using System.Text.Json;
using OnnxEmbed.Evaluation.Attributes;
using OnnxEmbed.Evaluation.Statistics;

namespace OnnxEmbed.Evaluation.Pages;

/// <summary>
/// Interactive plots of points that share colouring, legend and filter: pointing at an item (or arrow keys on the plot) shows its text, the
/// menu colours by any column, the legend hides and shows values. Several plots make a grid.
/// </summary>
/// <param name="plots">The plots.</param>
public sealed class ScatterSection(params IReadOnlyList<ScatterPlot> plots) : ReportSection
{
    internal override bool IsLong => plots.Count > 2;

    internal override void WriteBody(HtmlWriter html)
    {
        html.Line("<div class=\"scatters\">");
        html.Line("<div class=\"controls\"><label>Colour by <select></select></label></div>");
        html.Line("<div class=\"legend\" role=\"group\" aria-label=\"Values shown\"></div>");

        // Two in a row where that leaves none alone, else three.
        int least = plots.Count is 2 or 4 ? 400 : 300;
        html.Line(plots.Count > 1 ? $"<div class=\"plots\" style=\"--least:{least}px;--ratio:1.2\">" : "<div class=\"plots\">");
        foreach (ScatterPlot plot in plots)
        {
            html.Raw("<figure>");
            if (plot.Title.Length > 0)
                html.Raw("<figcaption>").Text(plot.Title).Raw("</figcaption>");
            int n = plot.Projection.Points.Length / plot.Projection.Dimensions;
            string label = $"{plot.Title} {n} items by {plot.Projection.Method}; arrow keys go from item to item".Trim();
            html.Raw("<div class=\"plot\"><canvas></canvas><canvas tabindex=\"0\" role=\"img\" aria-label=\"").Text(label);
            html.Line("\"></canvas></div>");
            html.Raw("<script type=\"application/json\">").Raw(Data(plot, n)).Line("</script></figure>");
        }

        html.Line("</div>");
        html.Line("<div class=\"tip\" role=\"status\" aria-live=\"polite\"></div>");
        html.Line("<noscript><p class=\"note\">The plot needs JavaScript; the figures beside this page do not.</p></noscript>");
        html.Line("</div>");
    }

    // The default encoder escapes <, > and &, so that no text can end the script element.
    private static string Data(ScatterPlot plot, int n)
    {
        if (plot.Columns.Count == 0 || plot.Columns.Any(column => column.Codes.Length != n) || (plot.Texts?.Count ?? n) != n)
            throw new EvaluationException($"scatter {plot.Title}: needs at least one column, and {n} values in each and texts");
        using MemoryStream stream = new();
        using (Utf8JsonWriter json = new(stream))
        {
            json.WriteStartObject();
            json.WriteString("xTitle", plot.Projection.AxisTitle(0));
            json.WriteString("yTitle", plot.Projection.Dimensions > 1 ? plot.Projection.AxisTitle(1) : "");
            WriteNumbers(json, "x", plot.Projection.Axis(0));
            WriteNumbers(json, "y", plot.Projection.Dimensions > 1 ? plot.Projection.Axis(1) : new double[n]);
            WriteCodes(json, "order", DrawingOrder(n));
            if (plot.Texts is not null)
            {
                json.WriteStartArray("texts");
                foreach (string text in plot.Texts)
                    json.WriteStringValue(text);
                json.WriteEndArray();
            }

            json.WriteStartArray("columns");
            foreach (AttributeColumn column in plot.Columns)
            {
                json.WriteStartObject();
                json.WriteString("name", column.Name);
                json.WriteBoolean("ordered", column.IsNumeric);
                json.WriteStartArray("values");
                foreach (string value in column.Values)
                    json.WriteStringValue(value);
                json.WriteEndArray();
                WriteCodes(json, "codes", column.Codes);
                json.WriteEndObject();
            }

            json.WriteEndArray();
            json.WriteEndObject();
        }

        return System.Text.Encoding.UTF8.GetString(stream.ToArray());
    }

    // Shuffled, or the last label would cover the others.
    private static int[] DrawingOrder(int n)
    {
        int[] order = [.. Enumerable.Range(0, n)];
        new RandomStream(0).Shuffle(order.AsSpan());
        return order;
    }

    // Four digits are finer than a pixel.
    private static void WriteNumbers(Utf8JsonWriter json, string name, double[] values)
    {
        json.WriteStartArray(name);
        foreach (double value in values)
            json.WriteRawValue(value.ToString("G4", System.Globalization.CultureInfo.InvariantCulture));
        json.WriteEndArray();
    }

    private static void WriteCodes(Utf8JsonWriter json, string name, int[] values)
    {
        json.WriteStartArray(name);
        foreach (int value in values)
            json.WriteNumberValue(value);
        json.WriteEndArray();
    }
}
