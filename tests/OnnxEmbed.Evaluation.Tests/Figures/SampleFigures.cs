using OnnxEmbed.Evaluation.Clustering;
using OnnxEmbed.Evaluation.Figures;
using OnnxEmbed.Evaluation.Projections;
using OnnxEmbed.Evaluation.Statistics;

namespace OnnxEmbed.Evaluation.Tests.Figures;

/// <summary>One figure of each kind, with names as long and as foreign as they come.</summary>
internal static class SampleFigures
{
    private static readonly string[] Names = ["prime", "perfect square", "triangular number", "Fibonacci-like <x₁ + x₂>", "Möbius +1"];

    public static Dictionary<string, Figure> All { get; } = Make();

    private static Dictionary<string, Figure> Make()
    {
        (EmbeddingMatrix embeddings, int[] labels) = RandomEmbeddings.Blobs(600, 12, 5, 0.9, 4);
        static Interval? Around(double value) => new(value - 0.04, value + 0.05, 0.95);
        double[] first = [0.62, 0.81, 0.55, 0.9], second = [0.7, 0.86, 0.52, 0.93], third = [0.74, 0.83, 0.6, 0.91];
        double[] t = [0, 0.25, 0.5, 0.75, 1], gain = [0, 0.1, 0.19, 0.22, 0.21], kept = [1, 0.93, 0.8, 0.61, 0.47];
        return new()
        {
            ["scatter"] = ScatterFigure.Draw("Embeddings by property", Pca.Project(embeddings, 2, 1), labels, Names),
            ["silhouette"] = SilhouetteFigure.Draw(
                "Silhouette of each item", Silhouette.Samples(embeddings, labels, SilhouetteDistance.Cosine, 1), labels, Names),
            ["bars"] = BarFigure.Draw("Probe accuracy by family", "accuracy on test items", ["parity", "prime",
                "arithmetic progression", "Möbius"],
            [
                new BarSeries("encoder", first, [.. first.Select(Around)]),
                new BarSeries("LLM + LoRA", second, [.. second.Select(Around)]),
                new BarSeries("LLM + LoRA, SLERP", third, [.. third.Select(Around)]),
            ], 0.5),
            ["signed-bars"] = BarFigure.Draw("Silhouette by family", "silhouette (cosine)", ["encoder", "LLM + LoRA", "soup", "SLERP"],
                [new BarSeries("silhouette", [0.02, -0.01, 0.08, 0.11], [.. new[] { 0.02, -0.01, 0.08, 0.11 }.Select(Around)])]),
            ["heat-map"] = HeatMapFigure.Draw("Relative change by layer", "‖task vector‖ / ‖weights‖", ["0", "1", "2"], ["query", "value"],
                [[0.01, 0.05], [0.2, double.NaN], [0.4, 0.3]]),
            ["curve"] = CurveFigure.Draw("Task gain against retained structure", "interpolation factor t", "value",
            [
                new CurveSeries("gain in probe accuracy", t, gain, [.. gain.Select(Around)]),
                new CurveSeries("debiased CKA to the base", t, kept, [.. kept.Select(Around)]),
            ]),
        };
    }
}
