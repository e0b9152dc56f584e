using System.Globalization;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Text.RegularExpressions;

namespace OnnxEmbed.Evaluation.Figures;

/// <summary>Makes the SVG that Skia writes fit for pages: scalable, described, with fallback fonts and only the digits that matter.</summary>
internal static partial class FigureSvg
{
    public static string Finish(string svg, Figure figure)
    {
        int start = svg.IndexOf("<svg", StringComparison.Ordinal), end = svg.IndexOf('>', start);
        string head = FormattableString.Invariant($"""
            <svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" viewBox="0 0 {figure.Width} {figure.Height}"
             width="{figure.Width}" height="{figure.Height}" role="img" aria-label="{WebUtility.HtmlEncode(figure.Description)}">
            """);
        string body = LongNumber().Replace(svg[(end + 1)..], match => match.Groups[1].Value);
        body = body.Replace($"font-family=\"{EmbeddedFont.Family}\"", $"font-family=\"{EmbeddedFont.Family}, Verdana, sans-serif\"",
            StringComparison.Ordinal);
        body = StableIds(body.ReplaceLineEndings("\n"));
        return head.ReplaceLineEndings("") + body.TrimEnd() + "\n";
    }

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

    // Skia writes coordinates with up to nine digits; a hundredth of a pixel is not seen.
    [GeneratedRegex(@"(?<![\w#.])(-?\d+\.\d\d)\d+")]
    private static partial Regex LongNumber();
}
