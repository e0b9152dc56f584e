using ScottPlot;
using SkiaSharp;

namespace OnnxEmbed.Evaluation.Figures;

/// <summary>
/// DejaVu Sans, which travels in this assembly: figures have the same text on every machine, also where no font is installed. It answers
/// for
/// every family name, so that ScottPlot never asks the system.
/// </summary>
internal sealed class EmbeddedFont : IFontResolver
{
    /// <summary>The family.</summary>
    public const string Family = "DejaVu Sans";

    private static readonly SKTypeface Regular = Load("DejaVuSans.ttf");
    private static readonly Lock Gate = new();
    private static bool _registered;

    /// <summary>Makes ScottPlot use the font; once per process.</summary>
    public static void Register()
    {
        lock (Gate)
        {
            if (_registered)
                return;
            Fonts.FontResolvers.Insert(0, new EmbeddedFont());
            Fonts.Default = Family;
            Fonts.Sans = Family;
            _registered = true;
        }
    }

    /// <inheritdoc/>
    public SKTypeface? CreateTypeface(string fontName, FontWeight weight, FontSlant slant, FontSpacing width) => Regular;

    /// <inheritdoc/>
    public SKTypeface? CreateTypeface(string fontName, bool bold, bool italic) => Regular;

    private static SKTypeface Load(string file)
    {
        using Stream stream = typeof(EmbeddedFont).Assembly.GetManifestResourceStream(file)!;
        using SKData data = SKData.Create(stream);
        return SKTypeface.FromData(data) ?? throw new InvalidOperationException($"{file}: the embedded font cannot be read");
    }
}
