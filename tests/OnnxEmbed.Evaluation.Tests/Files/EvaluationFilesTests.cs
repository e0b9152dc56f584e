using System.Text.Json;
using OnnxEmbed.Evaluation.Files;
using OnnxEmbed.Tensors;

namespace OnnxEmbed.Evaluation.Tests.Files;

public sealed class EvaluationFilesTests : IDisposable
{
    private readonly string _root = Directory.CreateTempSubdirectory("evaluation-files").FullName;

    public void Dispose() => Directory.Delete(_root, recursive: true);

    [Fact]
    public void Write_Result_MakesEveryFileAndRefusesToReplace()
    {
        EvaluationInput input = EvaluationRunTests.Input();
        EvaluationOptions options = new() { Degree = 2, Permutations = 19, Subsamples = 20 };
        EvaluationResult result = EvaluationRun.Evaluate(input, options, cancellation: TestContext.Current.CancellationToken);
        string target = Path.Combine(_root, "out");
        EvaluationFiles.Write(input, result, target, force: false);
        string[] files = [.. Directory.EnumerateFiles(target, "*", SearchOption.AllDirectories)
            .Select(file => Path.GetRelativePath(target, file).Replace('\\', '/')).Order(StringComparer.Ordinal)];
        Assert.Equal(["figures/projection.png", "figures/projection.svg", "figures/silhouette.png", "figures/silhouette.svg",
            "metrics.json",
            "report.html"], files);
        using JsonDocument json = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(target, "metrics.json")));
        Assert.Equal(result.Metrics["davies_bouldin"], json.RootElement.GetProperty("metrics").GetProperty("davies_bouldin").GetDouble());
        Assert.Throws<OptionException>(() => EvaluationFiles.Write(input, result, target, force: false));
        EvaluationFiles.Write(input, result, target, force: true);
        Assert.Equal(["out"], Directory.EnumerateFileSystemEntries(_root).Select(Path.GetFileName));
    }

    [Fact]
    public void Write_OneDimension_Works()
    {
        EvaluationInput input = new()
        {
            Embeddings = new EmbeddingMatrix(new float[] { 0, 1, 5, 6, 0.5f, 5.5f }, 6, 1),
            Labels = [0, 0, 1, 1, 0, 1],
            LabelNames = ["a", "b"],
        };
        EvaluationResult result = EvaluationRun.Evaluate(
            input, new EvaluationOptions { Permutations = 19 }, cancellation: TestContext.Current.CancellationToken);
        EvaluationFiles.Write(input, result, Path.Combine(_root, "one"), force: false);
        Assert.True(File.Exists(Path.Combine(_root, "one", "report.html")));
    }
}
