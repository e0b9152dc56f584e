namespace OnnxEmbed.Evaluation.Figures;

/// <summary>
/// Colours that people with any common colour vision can tell apart: M. Okabe and K. Ito, "Color universal design" (2008), black and yellow
/// left out for the sake of dark and white grounds; then those of P. Tol's "muted" scheme (2021) that differ from them. Further entries
/// repeat; figures then also change the marker.
/// </summary>
public static class FigurePalette
{
    /// <summary>The colours as #RRGGBB.</summary>
    public static IReadOnlyList<string> Colors { get; } =
    [
        "#0072B2", "#E69F00", "#009E73", "#D55E00", "#CC79A7", "#56B4E9",
        "#882255", "#999933", "#332288", "#AA4499", "#117733", "#8C8C8C",
    ];

    /// <summary>The colour of the entry of an index, repeating.</summary>
    public static string Of(int index) => Colors[index % Colors.Count];
}
