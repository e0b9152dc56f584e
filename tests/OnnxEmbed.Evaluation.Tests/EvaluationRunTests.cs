using System.Text.Json;
using OnnxEmbed.Evaluation.Attributes;
using OnnxEmbed.Evaluation.Clustering;
using OnnxEmbed.Evaluation.Files;
using OnnxEmbed.Tensors;

namespace OnnxEmbed.Evaluation.Tests;

public sealed class EvaluationRunTests
{
    private static readonly EvaluationOptions Options = new() { Degree = 2, Permutations = 99, Subsamples = 40 };

    [Fact]
    public void Evaluate_AllMetrics_EqualTheMetricsAlone()
    {
        EvaluationInput input = Input();
        EvaluationResult result = Run(input, Options);
        Assert.Equal(Metrics.All.Select(metric => metric.Name), result.Metrics.Keys);
        Assert.Equal(Silhouette.Score(input.Embeddings, [.. input.Labels], SilhouetteDistance.Cosine, 1),
            result.Metrics["silhouette_cosine"]);
        Assert.Equal(DaviesBouldin.Score(input.Embeddings, [.. input.Labels], 1), result.Metrics["davies_bouldin"]);
        Assert.Equal(ClusterAgreement.AdjustedRand([.. input.Labels], result.Clusters!.Labels), result.Metrics["kmeans_ari"]);
        Assert.Equal(result.Metrics["silhouette_cosine"], result.Silhouettes!.Average());
        Assert.Equal(result.Metrics["probe_accuracy"], result.Labels.Sum(label =>
            label.ProbeRecall!.Value * label.Rows) / result.Rows, 1e-12);
        foreach (string name in new[] { "silhouette_euclidean", "silhouette_cosine", "davies_bouldin", "probe_accuracy", "knn_accuracy" })
            Assert.InRange(result.Metrics[name], result.Intervals[name].Low, result.Intervals[name].High);
        Assert.Equal(0.01, result.Permutations["silhouette_cosine"].PValue);
        Assert.Equal(["column constant left out: every item has the same value",
            "column id left out: 120 values for 120 items name items, not classes"], result.Notes);
    }

    [Fact]
    public void Evaluate_Columns_ShowsWhatTheClustersFollow()
    {
        EvaluationResult result = Run(Input(), Options);
        Assert.Equal(["property", "twin", "noise", "length"], result.Encodings.Select(encoding => encoding.Name));
        Assert.True(result.Encodings[0].IsTarget && result.Encodings[0].Ami > 0.8 && result.Encodings[0].PValue == 0.01);
        Assert.Equal(result.Encodings[0].Ari, result.Encodings[1].Ari);
        Assert.InRange(result.Encodings[2].Ami, -0.05, 0.05);
        Assert.True(result.Encodings[2].PValue > 0.05);
        Assert.True(result.Encodings[3].IsNumeric && result.Encodings[3].Values == 5);
    }

    [Fact]
    public void Evaluate_TrainSplit_FitsOnItOnly()
    {
        EvaluationInput all = Input();
        int[] flipped = [.. all.Labels.Select(label => (label + 1) % 3)];
        EvaluationInput input = Input(train: all.Embeddings, trainLabels: flipped);
        EvaluationResult result = Run(input, Options);
        Assert.True(result.Metrics["probe_accuracy"] < 0.1);
        Assert.True(result.Metrics["knn_accuracy"] < 0.1);
        Assert.Equal(0, result.Probe!.Folds);
        Assert.Equal(1 / 3.0, result.Metrics["chance_accuracy"], 1e-12);
    }

    [Fact]
    public void Evaluate_AnyDegree_SameJson()
    {
        string one = MetricsJson.Write(Run(Input(), Options with { Degree = 1 }));
        string four = MetricsJson.Write(Run(Input(), Options with { Degree = 4 }));
        Assert.Equal(one, four);
    }

    [Fact]
    public void Evaluate_NamedMetrics_ComputesOnlyThem()
    {
        EvaluationResult result = Run(Input(), Options with { Metrics = ["knn_accuracy", "davies_bouldin"] });
        Assert.Equal(["davies_bouldin", "knn_accuracy"], result.Metrics.Keys);
        Assert.Null(result.Clusters);
        Assert.Empty(result.Probe!.Predictions);
    }

    [Fact]
    public void Evaluate_SingleLabel_NotesWhatIsLeftOutUnlessNamed()
    {
        EvaluationInput input = new() { Embeddings = Input().Embeddings, Labels = new int[120], LabelNames = ["all"] };
        EvaluationResult result = Run(input, Options);
        Assert.Equal("silhouette left out: silhouette: needs 2 to n - 1 = 119 distinct labels, got 1", result.Notes[0]);
        Assert.Contains("probes left out: logistic regression: needs at least 2 classes, got 1", result.Notes);
        Assert.True(result.Metrics.ContainsKey("mean_cosine"));
        Assert.Equal("silhouette: needs 2 to n - 1 = 119 distinct labels, got 1", Assert.Throws<EvaluationException>(() =>
            Run(input, Options with { Metrics = ["silhouette_cosine"] })).Message);
    }

    [Fact]
    public void Evaluate_WrongInput_NamesAllFaults()
    {
        EmbeddingMatrix two = new(new float[] { 1, 2, 3, 4 }, 2, 2);
        EvaluationInput input = new()
        {
            Embeddings = two,
            Labels = [0, 1, 7],
            LabelNames = ["a", "b"],
            Texts = ["x"],
            Attributes = [AttributeColumn.Categorical("kind", ["p"])],
            TrainEmbeddings = new EmbeddingMatrix(new float[3], 1, 3),
        };
        Assert.Equal("evaluation: needs 2 labels, got 3; needs 2 texts, got 1; needs 2 values of kind, got 1; "
            + "needs labels in [0, 1], got 7; "
            + "needs training embeddings and training labels together, got one of them; needs 2 columns of training embeddings, got 3",
            Assert.Throws<EvaluationException>(() => Run(input, Options)).Message);
        Assert.StartsWith("folds: needs at least 2, got 1; permutations: needs 0 or at least 19, got 5; metric: needs one of ",
            Assert.Throws<OptionException>(() => Run(input, new EvaluationOptions
            {
                Folds = 1,
                Permutations = 5,
                Metrics = ["silhouete"]
            })).Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public void Evaluate_Cancelled_Throws()
    {
        using CancellationTokenSource source = new();
        source.Cancel();
        Assert.Throws<OperationCanceledException>(() => EvaluationRun.Evaluate(Input(), Options, cancellation: source.Token));
    }

    [Fact]
    public void MetricsJson_Result_HasTheDocumentedFields()
    {
        EvaluationResult result = Run(Input(), Options);
        using JsonDocument json = JsonDocument.Parse(MetricsJson.Write(result));
        JsonElement root = json.RootElement;
        Assert.Equal(["schema", "title", "n", "dim", "label", "seed", "metrics", "intervals", "permutations", "labels", "kmeans",
            "probe", "notes"],
            root.EnumerateObject().Select(property => property.Name));
        Assert.Equal(1, root.GetProperty("schema").GetInt32());
        Assert.Equal(result.Metrics["probe_log_loss"], root.GetProperty("metrics").GetProperty("probe_log_loss").GetDouble());
        Assert.Equal(result.Encodings[1].Ami, root.GetProperty("kmeans").GetProperty("encodes")[1].GetProperty("ami").GetDouble());
        Assert.Equal("cross-validation", root.GetProperty("probe").GetProperty("protocol").GetString());
    }

    private static EvaluationResult Run(EvaluationInput input, EvaluationOptions options) =>
        EvaluationRun.Evaluate(input, options, cancellation: TestContext.Current.CancellationToken);

    internal static EvaluationInput Input(EmbeddingMatrix? train = null, int[]? trainLabels = null)
    {
        (EmbeddingMatrix embeddings, int[] labels) = RandomEmbeddings.Blobs(120, 6, 3, 0.45, 8);
        return new EvaluationInput
        {
            Embeddings = embeddings,
            Labels = labels,
            LabelNames = ["prime", "square", "triangular"],
            LabelColumn = "property",
            Title = "test model",
            Texts = [.. Enumerable.Range(0, 120).Select(i => $"{i}, {i + 1} <{i}>")],
            Attributes =
            [
                AttributeColumn.Categorical("twin", [.. labels.Select(label => label.ToString())]),
                AttributeColumn.Categorical("noise", [.. Enumerable.Range(0, 120).Select(i => i / 3 % 2 == 0 ? "even" : "odd")]),
                AttributeColumn.Numeric("length", [.. Enumerable.Range(0, 120).Select(i => (double)(i * 37 % 120))]),
                AttributeColumn.Categorical("constant", new string[120]),
                AttributeColumn.Categorical("id", [.. Enumerable.Range(0, 120).Select(i => $"row {i}")]),
            ],
            TrainEmbeddings = train,
            TrainLabels = trainLabels,
        };
    }
}
