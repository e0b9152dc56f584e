using OnnxEmbed.Evaluation.Figures;

namespace OnnxEmbed.Evaluation.Pages;

/// <summary>A figure within the page, as SVG whose inks follow the theme, with a caption.</summary>
/// <param name="figure">The figure.</param>
/// <param name="caption">What to see in it; null: nothing.</param>
public sealed class FigureSection(Figure figure, string? caption = null) : ReportSection
{
    internal override void WriteBody(HtmlWriter html)
    {
        html.Line("<figure class=\"drawing\">").Line("<div class=\"wide\">").Raw(FigureSvg.Themed(figure.ToSvg())).Line("</div>");
        if (caption is not null)
            html.Raw("<figcaption>").Text(caption).Line("</figcaption>");
        html.Line("</figure>");
    }
}
