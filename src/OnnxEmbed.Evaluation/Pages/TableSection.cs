using System.Globalization;

namespace OnnxEmbed.Evaluation.Pages;

/// <summary>A table that sorts by a click on a heading, with marked bests and shaded numbers where its columns say so.</summary>
/// <param name="columns">The columns; the first names the rows.</param>
/// <param name="rows">The rows, one cell for each column.</param>
public sealed class TableSection(IReadOnlyList<TableColumn> columns, IReadOnlyList<IReadOnlyList<TableCell>> rows) : ReportSection
{
    /// <summary>Share of the shading colour at full heat: text stays readable on it in both themes.</summary>
    private const double FullHeat = 0.55;

    internal override bool IsLong => rows.Count > 12;

    internal override void WriteBody(HtmlWriter html)
    {
        if (rows.FirstOrDefault(row => row.Count != columns.Count) is { } wrong)
            throw new EvaluationException($"table {Title}: needs {columns.Count} cells in each row, got {wrong.Count}");
        html.Line("<div class=\"wide\" tabindex=\"0\" role=\"region\" aria-label=\"" + HtmlWriter.Escape(Title ?? "table") + "\">");
        html.Line("<table class=\"sortable\">").Line("<thead><tr>");
        foreach (TableColumn column in columns)
        {
            html.Raw(column.IsNumber ? "<th scope=\"col\" class=\"number\" aria-sort=\"none\">" : "<th scope=\"col\" aria-sort=\"none\">");
            html.Raw("<button type=\"button\">").Text(column.Name).Line("</button></th>");
        }

        html.Line("</tr></thead>").Line("<tbody>");
        double[] bests = [.. Enumerable.Range(0, columns.Count).Select(Best)];
        foreach (IReadOnlyList<TableCell> row in rows)
        {
            html.Raw("<tr>");
            for (int c = 0; c < columns.Count; c++)
                WriteCell(html, columns[c], row[c], isHead: c == 0, bests[c]);
            html.Line("</tr>");
        }

        html.Line("</tbody>").Line("</table>").Line("</div>");
        if (columns.Any(column => column.Note is not null))
        {
            html.Line("<dl class=\"columns\">");
            foreach (TableColumn column in columns.Where(column => column.Note is not null))
                html.Raw("<dt>").Text(column.Name).Raw("</dt><dd>").Text(column.Note!).Line("</dd>");
            html.Line("</dl>");
        }
    }

    // The best number as it is shown, so that numbers that look equal are marked alike; NaN where none is marked.
    private double Best(int column)
    {
        double[] values = [.. rows.Where(row => row[column].Value is not null).Select(row => Shown(columns[column],
            row[column].Value!.Value))];
        return columns[column].IsHigherBest is not { } higher || values.Length < 2 ? double.NaN : higher ? values.Max() : values.Min();
    }

    private static double Shown(TableColumn column, double value) =>
        double.Parse(value.ToString(column.Format.StartsWith('P') ? "F3" : column.Format, CultureInfo.InvariantCulture),
            CultureInfo.InvariantCulture);

    private static void WriteCell(HtmlWriter html, TableColumn column, TableCell cell, bool isHead, double best)
    {
        List<string> classes = [];
        string attributes = "";
        if (column.IsNumber)
        {
            classes.Add("number");
            // For sorting; the digits beyond the ninth differ between processors.
            attributes += FormattableString.Invariant($" data-v=\"{cell.Value:G9}\"");
        }

        if (column.IsLong)
            classes.Add("long");
        if (cell.Value is { } value)
        {
            if (Shown(column, value) == best)
                classes.Add("best");
            if (column.HeatTo is { } full)
            {
                classes.Add("heat");
                attributes += FormattableString.Invariant($" style=\"--share:{FullHeat * Math.Clamp(value / full, 0, 1):F3}\"");
            }
        }

        string tag = isHead ? "th" : "td";
        html.Raw($"<{tag}").Raw(isHead ? " scope=\"row\"" : "");
        html.Raw(classes.Count > 0 ? $" class=\"{string.Join(' ', classes)}\"" : "").Raw(attributes).Raw(">");
        html.Text(cell.Text ?? cell.Value?.ToString(column.Format, CultureInfo.InvariantCulture) ?? "");
        if (cell.Detail is not null)
            html.Raw(" <span class=\"detail\">").Text(cell.Detail).Raw("</span>");
        html.Raw($"</{tag}>");
    }
}
