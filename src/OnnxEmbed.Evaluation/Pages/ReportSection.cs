namespace OnnxEmbed.Evaluation.Pages;

/// <summary>A part of a page. All texts are plain text and are escaped.</summary>
public abstract class ReportSection
{
    /// <summary>Heading; null: none.</summary>
    public string? Title { get; init; }

    /// <summary>What to know before reading it, below the heading; null: nothing.</summary>
    public string? Note { get; init; }

    /// <summary>Whether it may be cut by a page break when printed.</summary>
    internal virtual bool IsLong => false;

    internal void Write(HtmlWriter html)
    {
        html.Line(IsLong ? "<section class=\"long\">" : "<section>");
        if (Title is not null)
            html.Raw("<h2>").Text(Title).Line("</h2>");
        if (Note is not null)
            html.Raw("<p class=\"note\">").Text(Note).Line("</p>");
        WriteBody(html);
        html.Line("</section>");
    }

    internal abstract void WriteBody(HtmlWriter html);
}
