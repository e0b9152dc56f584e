namespace OnnxEmbed.Evaluation.Pages;

/// <summary>The few numbers a reader looks for first.</summary>
/// <param name="figures">The numbers.</param>
public sealed class KeyFiguresSection(params IReadOnlyList<KeyFigure> figures) : ReportSection
{
    internal override void WriteBody(HtmlWriter html)
    {
        // Rows of three where that fills them, else as many as fit.
        html.Line(figures.Count % 3 == 0 ? "<dl class=\"keys\" style=\"--least:270px\">" : "<dl class=\"keys\">");
        foreach (KeyFigure figure in figures)
        {
            html.Raw("<div><dt>").Text(figure.Name).Raw("</dt><dd><div class=\"value\">").Text(figure.Value).Raw("</div>");
            if (figure.Range is not null)
                html.Raw("<div class=\"range\">").Text(figure.Range).Raw("</div>");
            if (figure.Explanation is not null)
                html.Raw("<div class=\"says\">").Text(figure.Explanation).Raw("</div>");
            html.Line("</dd></div>");
        }

        html.Line("</dl>");
    }
}
