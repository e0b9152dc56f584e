using ScottPlot;

namespace OnnxEmbed.Evaluation.Figures;

/// <summary>A finished picture that can be had as PNG or SVG. Safe to draw from several threads.</summary>
public sealed class Figure
{
    /// <summary>Dots per unit of length in PNG: sharp on dense screens and in print.</summary>
    private const int PngScale = 2;

    private readonly Plot _plot;

    // A plot is laid out at one scale at a time.
    private readonly Lock _drawing = new();

    internal Figure(string title, string description, int width, int height, Plot plot)
    {
        Title = title;
        Description = description;
        Width = width;
        Height = height;
        _plot = plot;
    }

    /// <summary>Its title.</summary>
    public string Title { get; }

    /// <summary>What it shows, in words: the text for those who do not see it.</summary>
    public string Description { get; }

    /// <summary>Width in CSS pixels.</summary>
    public int Width { get; }

    /// <summary>Height in CSS pixels.</summary>
    public int Height { get; }

    /// <summary>The picture as PNG, 2 pixels for each CSS pixel.</summary>
    public byte[] ToPng()
    {
        lock (_drawing)
        {
            _plot.ScaleFactor = PngScale;
            return _plot.GetImageBytes(Width * PngScale, Height * PngScale, ImageFormat.Png);
        }
    }

    /// <summary>The picture as an SVG document.</summary>
    public string ToSvg()
    {
        lock (_drawing)
        {
            _plot.ScaleFactor = 1;
            return FigureSvg.Finish(_plot.GetSvgXml(Width, Height), this);
        }
    }
}
