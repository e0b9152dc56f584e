namespace OnnxEmbed.Evaluation.Pages;

/// <summary>Paragraphs of plain text.</summary>
/// <param name="paragraphs">The paragraphs.</param>
public sealed class ParagraphSection(params IReadOnlyList<string> paragraphs) : ReportSection
{
    internal override void WriteBody(HtmlWriter html)
    {
        foreach (string paragraph in paragraphs)
            html.Raw("<p>").Text(paragraph).Line("</p>");
    }
}
