using System.Text;
using OnnxEmbed.Evaluation.Figures;
using OnnxEmbed.Evaluation.Projections;
using OnnxEmbed.Tensors;

namespace OnnxEmbed.Evaluation.Files;

/// <summary>Writes the directory of an evaluation.</summary>
public static class EvaluationFiles
{
    private static readonly UTF8Encoding Utf8 = new(encoderShouldEmitUTF8Identifier: false);

    /// <summary>
    /// Writes <c>metrics.json</c>, <c>report.html</c> and <c>figures/projection</c> and <c>figures/silhouette</c> as <c>.png</c> and
    /// <c>.svg</c>. The directory appears whole or not at all.
    /// </summary>
    /// <param name="input">What was evaluated.</param>
    /// <param name="result">What was found.</param>
    /// <param name="directory">The directory.</param>
    /// <param name="force">Whether a directory of that name is replaced.</param>
    /// <exception cref="OptionException">The name is taken and <paramref name="force"/> is not set.</exception>
    public static void Write(EvaluationInput input, EvaluationResult result, string directory, bool force)
    {
        using AtomicOutput output = AtomicOutput.Directory(directory, force);
        Projection projection = Pca.Project(input.Embeddings, Math.Min(2, input.Embeddings.Width), result.Options.Degree);
        Figure scatter = ScatterFigure.Draw($"Embeddings by {input.LabelColumn}", projection, input.Labels, input.LabelNames);
        Figure? silhouettes = result.Silhouettes is null
            ? null
            : SilhouetteFigure.Draw($"Silhouette by {input.LabelColumn}", result.Silhouettes, input.Labels, input.LabelNames);
        string root = output.TemporaryPath;
        File.WriteAllText(Path.Combine(root, "metrics.json"), MetricsJson.Write(result), Utf8);
        File.WriteAllText(Path.Combine(root, "report.html"), EvaluationReport.Page(input, result, projection, silhouettes).Render(), Utf8);
        WriteFigure(scatter, Path.Combine(root, "figures"), "projection");
        if (silhouettes is not null)
            WriteFigure(silhouettes, Path.Combine(root, "figures"), "silhouette");
        output.Commit();
    }

    /// <summary>Writes a figure as <c>NAME.png</c> and <c>NAME.svg</c> into a directory, which is made.</summary>
    public static void WriteFigure(Figure figure, string directory, string name)
    {
        Directory.CreateDirectory(directory);
        File.WriteAllBytes(Path.Combine(directory, name + ".png"), figure.ToPng());
        File.WriteAllText(Path.Combine(directory, name + ".svg"), figure.ToSvg(), Utf8);
    }
}
