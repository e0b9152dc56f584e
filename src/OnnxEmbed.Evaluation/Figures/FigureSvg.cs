using System.Globalization;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Text.RegularExpressions;

namespace OnnxEmbed.Evaluation.Figures;

/// <summary>Makes the SVG that Skia writes fit for pages: scalable, described, with fallback fonts and only the digits that
/// matter.</summary>
internal static partial class FigureSvg
{
    public static string Finish(string svg, Figure figure)
    {
        int start = svg.IndexOf("<svg", StringComparison.Ordinal), end = svg.IndexOf('>', start);
        string head = FormattableString.Invariant($"""
            <svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" viewBox="0 0 {figure.Width} {figure.Height}"
             width="{figure.Width}" height="{figure.Height}" role="img" aria-label="{WebUtility.HtmlEncode(figure.Description)}">
            """);
        string body = Tag().Replace(svg[(end + 1)..], tag => LongNumber().Replace(tag.Value, "$1"));
        body = body.Replace($"font-family=\"{EmbeddedFont.Family}\"", $"font-family=\"{EmbeddedFont.Family}, Verdana, sans-serif\"",
            StringComparison.Ordinal);
        body = GlyphPlaces().Replace(body, Anchored);
        body = StableIds(body.ReplaceLineEndings("\n"));
        return head.ReplaceLineEndings("") + body.TrimEnd() + "\n";
    }

    /// <summary>The SVG with its inks replaced by the variables of the page's style, so that it follows the theme.</summary>
    public static string Themed(string svg) => svg
        .Replace("fill=\"white\"", "fill=\"none\"", StringComparison.Ordinal)
        .Replace(FigureStyle.Ink, "var(--ink)", StringComparison.OrdinalIgnoreCase)
        .Replace(FigureStyle.Muted, "var(--muted)", StringComparison.OrdinalIgnoreCase)
        .Replace(FigureStyle.Faint, "var(--line)", StringComparison.OrdinalIgnoreCase)
        .Replace(FigureStyle.GridLine, "var(--grid)", StringComparison.OrdinalIgnoreCase);

    // Skia places every glyph by the metrics of the embedded font, which the reader may not have: keep the anchor, not the
    // glyphs. Text that ends before its origin is aligned right, text that spans it is centred.
    private static string Anchored(Match match)
    {
        double[] places = [.. match.Groups[1].Value.Split(", ", StringSplitOptions.RemoveEmptyEntries)
            .Select(place => double.Parse(place, CultureInfo.InvariantCulture))];
        if (places.Length < 2)
            return match.Value;
        string y = match.Groups[2].Value;
        return places[0] > -1 ? FormattableString.Invariant($"x=\"{places[0]:F2}\" y=\"{y}\"")
            : places[^1] < 0 ? $"x=\"0\" y=\"{y}\" text-anchor=\"end\""
            : $"x=\"0\" y=\"{y}\" text-anchor=\"middle\"";
    }

    [GeneratedRegex("x=\"((?:-?[\\d.]+, )+)\" y=\"(-?[\\d.]+), \"")]
    private static partial Regex GlyphPlaces();

    // Skia numbers its ids through the life of the process. Ids become the same for the same picture and differ between pictures of a page.
    private static string StableIds(string body)
    {
        Dictionary<string, int> ids = [];
        string plain = SkiaId().Replace(body, match => "cl_" + Number(ids, match.Value).ToString(CultureInfo.InvariantCulture));
        string digest = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(plain)))[..8];
        return SkiaId().Replace(plain, match => $"f{digest}_{match.Value}");
    }

    private static int Number(Dictionary<string, int> ids, string id)
    {
        ids.TryAdd(id, ids.Count);
        return ids[id];
    }

    [GeneratedRegex(@"\bcl_[0-9a-f]+\b")]
    private static partial Regex SkiaId();

    [GeneratedRegex("<[^>]*>")]
    private static partial Regex Tag();

    // Skia writes coordinates with up to nine digits; a hundredth of a pixel is not seen.
    [GeneratedRegex(@"(?<![\w#.])(-?\d+\.\d\d)\d+")]
    private static partial Regex LongNumber();
}
