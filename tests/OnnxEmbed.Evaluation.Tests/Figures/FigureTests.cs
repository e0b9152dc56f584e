using System.Xml.Linq;
using OnnxEmbed.Evaluation.Figures;
using SkiaSharp;

namespace OnnxEmbed.Evaluation.Tests.Figures;

public sealed class FigureTests
{
    public static TheoryData<string> Names => new(SampleFigures.All.Keys);

    [Theory]
    [MemberData(nameof(Names))]
    public void ToPng_AnyFigure_HasTitlePixelsOfTheEmbeddedFont(string name)
    {
        Figure figure = SampleFigures.All[name];
        using SKBitmap picture = SKBitmap.Decode(figure.ToPng());
        Assert.Equal((2 * figure.Width, 2 * figure.Height), (picture.Width, picture.Height));

        // The title strip must have about as many dark pixels as the same text drawn with that font alone.
        int dark = 0;
        for (int y = 0; y < 64; y++)
        {
            for (int x = 0; x < picture.Width; x++)
                dark += picture.GetPixel(x, y).Red < 110 ? 1 : 0;
        }

        using SKTypeface typeface = SKTypeface.FromStream(typeof(Figure).Assembly.GetManifestResourceStream("DejaVuSans.ttf"));
        using SKFont font = new(typeface, 34);
        using SKBitmap text = new(picture.Width, 64);
        using (SKCanvas canvas = new(text))
        using (SKPaint ink = new() { Color = SKColor.Parse(FigureStyle.Ink), IsAntialias = true })
        {
            canvas.Clear(SKColors.White);
            canvas.DrawText(figure.Title, 5, 45, font, ink);
        }

        int expected = text.Pixels.Count(pixel => pixel.Red < 110);
        Assert.True(expected > 500);
        Assert.InRange(dark, 0.85 * expected, 1.15 * expected);
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void ToSvg_AnyFigure_IsAccessibleAndSelfContained(string name)
    {
        Figure figure = SampleFigures.All[name];
        string svg = figure.ToSvg();
        XElement root = XDocument.Parse(svg).Root!;
        Assert.Equal("img", root.Attribute("role")!.Value);
        Assert.StartsWith(figure.Title, root.Attribute("aria-label")!.Value, StringComparison.Ordinal);
        Assert.Contains(EmbeddedFont.Family, svg, StringComparison.Ordinal);
        Assert.DoesNotContain("http", svg.Replace("http://www.w3.org/", "", StringComparison.Ordinal), StringComparison.Ordinal);
        Assert.Equal(svg, figure.ToSvg());
    }

    [Fact]
    public void ToPng_WhileTheSameFigureIsDrawnAsSvg_GivesTheSamePicture()
    {
        Figure figure = SampleFigures.All.Values.First();
        byte[] alone = figure.ToPng();
        Parallel.For(0, 40, i =>
        {
            if (i % 2 == 0)
                figure.ToSvg();
            else
                Assert.Equal(alone, figure.ToPng());
        });
    }

    [Fact]
    public void CreateTypeface_AnyFamilyAsked_IsTheEmbeddedOne()
    {
        EmbeddedFont.Register();
        Assert.Equal(EmbeddedFont.Family, ScottPlot.Fonts.GetTypeface("No Such Font", false, false).FamilyName);
        Assert.Equal(EmbeddedFont.Family, ScottPlot.Fonts.GetTypeface("Arial", true, true).FamilyName);
    }

    [Fact]
    public void Draw_ValuesThatDoNotFit_SaysWhich() => Assert.Equal("figure T: needs 2 values in a, got 1",
        Assert.Throws<EvaluationException>(() => BarFigure.Draw("T", "v", ["x", "y"], [new BarSeries("a", [1])])).Message);

    [Fact]
    public void Palette_Colors_AreDistinct() => Assert.Equal(FigurePalette.Colors.Count, FigurePalette.Colors.Distinct().Count());
}
