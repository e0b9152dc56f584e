namespace OnnxEmbed.Evaluation.Pages;

/// <summary>A PNG picture within the page, with a caption.</summary>
/// <param name="png">The file's bytes.</param>
/// <param name="description">What it shows, for those who do not see it.</param>
/// <param name="caption">What to see in it; null: nothing.</param>
public sealed class ImageSection(ReadOnlyMemory<byte> png, string description, string? caption = null) : ReportSection
{
    internal override void WriteBody(HtmlWriter html)
    {
        html.Raw("<figure class=\"drawing\"><div class=\"wide\"><img alt=\"").Text(description).Raw("\" src=\"data:image/png;base64,");
        html.Raw(Convert.ToBase64String(png.Span)).Line("\"></div>");
        if (caption is not null)
            html.Raw("<figcaption>").Text(caption).Line("</figcaption>");
        html.Line("</figure>");
    }
}
