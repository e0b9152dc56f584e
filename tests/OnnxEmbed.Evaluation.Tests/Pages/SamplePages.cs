using OnnxEmbed.Evaluation.Attributes;
using OnnxEmbed.Evaluation.Files;
using OnnxEmbed.Evaluation.Pages;
using OnnxEmbed.Evaluation.Projections;
using OnnxEmbed.Evaluation.Tests.Figures;

namespace OnnxEmbed.Evaluation.Tests.Pages;

/// <summary>Pages to test, and to look at.</summary>
internal static class SamplePages
{
    public static Dictionary<string, string> All { get; } = new()
    {
        ["evaluation"] = Evaluation(),
        ["parts"] = Parts().Render(),
    };

    /// <summary>A page with each kind of section.</summary>
    public static HtmlPage Parts()
    {
        (EmbeddingMatrix embeddings, int[] labels) = RandomEmbeddings.Blobs(150, 8, 3, 0.8, 9);
        Projection projection = Pca.Project(embeddings, 2, 1);
        AttributeColumn kind = AttributeColumn.Categorical("kind", [.. labels.Select(label => $"kind {label}")]);
        AttributeColumn length = AttributeColumn.Numeric("length", [.. Enumerable.Range(0, 150).Select(i => (double)(i % 31))]);
        return new HtmlPage
        {
            Title = "Four families",
            Subtitle = "A page of parts",
            Sections =
            [
                new ParagraphSection("A paragraph.", "Another with <script>alert(1)</script> & \"quotes\"."),
                new KeyFiguresSection(new KeyFigure("Silhouette", "0.31", "0.28 to 0.34", "Nearer to its own.")),
                new TableSection(
                    [new("Family"), new("Accuracy") { IsNumber = true, IsHigherBest = true, Note = "On test items." },
                        new("Davies-Bouldin") { IsNumber = true, IsHigherBest = false, HeatTo = 4 }],
                    [["encoder", 0.71, 2.5], ["LLM + LoRA", new TableCell(null, 0.8, "± 0.02"), 1.9], ["soup", 0.8, TableCell.Empty]])
                { Title = "Families" },
                new ScatterSection([.. new[] { "encoder", "LLM + LoRA", "soup", "SLERP" }
                    .Select(name => new ScatterPlot(name, projection, [kind, length]))])
                { Title = "Four projections" },
                new FigureSection(SampleFigures.All["bars"], "Bars with error bars.") { Title = "A figure" },
                new FigureSection(SampleFigures.All["curve"]),
                new ImageSection(SampleFigures.All["signed-bars"].ToPng(), "Silhouette by family", "A PNG."),
            ],
        };
    }

    private static string Evaluation()
    {
        EvaluationInput input = EvaluationRunTests.Input();
        EvaluationResult result = EvaluationRun.Evaluate(input, new EvaluationOptions { Degree = 2, Permutations = 99, Subsamples = 40 });
        Projection projection = Pca.Project(input.Embeddings, 2, 1);
        return EvaluationReport.Page(input, result, projection, OnnxEmbed.Evaluation.Figures.SilhouetteFigure.Draw(
            "Silhouette by property", result.Silhouettes!, input.Labels, input.LabelNames)).Render();
    }
}
