using System.Text.Json;
using OnnxEmbed.Evaluation.Figures;

namespace OnnxEmbed.Evaluation.Pages;

/// <summary>
/// A self-contained page: styles, scripts, figures and data are within it and its content security policy forbids every request. Light and
/// dark by the reader's setting, readable on a phone, printable.
/// </summary>
public sealed class HtmlPage
{
    private const string Policy = "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; img-src data:";

    /// <summary>Title and first heading.</summary>
    public required string Title { get; init; }

    /// <summary>One line below the title; null: none.</summary>
    public string? Subtitle { get; init; }

    /// <summary>One line at the end, such as how to make the page again; null: none.</summary>
    public string? Footer { get; init; }

    /// <summary>The sections, in order.</summary>
    public required IReadOnlyList<ReportSection> Sections { get; init; }

    /// <summary>The page as HTML, UTF-8, LF.</summary>
    /// <exception cref="EvaluationException">A section's parts do not fit together.</exception>
    public string Render()
    {
        HtmlWriter html = new();
        html.Line("<!DOCTYPE html>").Line("<html lang=\"en\">").Line("<head>").Line("<meta charset=\"utf-8\">");
        html.Line($"<meta http-equiv=\"Content-Security-Policy\" content=\"{Policy}\">");
        html.Line("<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">");
        html.Line("<meta name=\"color-scheme\" content=\"light dark\">");
        html.Raw("<title>").Text(Title).Line("</title>");
        html.Line("<style>").Raw(Asset("report.css")).Line("</style>").Line("</head>");
        WriteBody(html);
        html.Line("<script>").Raw(Asset("report.js")).Line("</script>").Line("</body>").Line("</html>");
        return html.ToString();
    }

    /// <summary>The body without styles and scripts of its own: what differs from page to page.</summary>
    internal void WriteBody(HtmlWriter html)
    {
        html.Line("<body>").Line("<header>").Raw("<h1>").Text(Title).Line("</h1>");
        if (Subtitle is not null)
            html.Raw("<p class=\"subtitle\">").Text(Subtitle).Line("</p>");
        html.Line("</header>").Line("<main>");
        foreach (ReportSection section in Sections)
            section.Write(html);
        html.Line("</main>");
        if (Footer is not null)
            html.Raw("<footer>").Text(Footer).Line("</footer>");
        html.Raw("<script type=\"application/json\" id=\"palette\">").Raw(JsonSerializer.Serialize(FigurePalette.Colors)).Line("</script>");
    }

    private static string Asset(string name)
    {
        using StreamReader reader = new(typeof(HtmlPage).Assembly.GetManifestResourceStream(name)!);
        return reader.ReadToEnd().ReplaceLineEndings("\n");
    }
}
