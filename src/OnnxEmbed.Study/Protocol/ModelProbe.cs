using OnnxEmbed.Data.Numbers;
using OnnxEmbed.Evaluation;
using OnnxEmbed.Evaluation.Geometry;
using OnnxEmbed.Models.Embedders;
using OnnxEmbed.Study.Results;

namespace OnnxEmbed.Study.Protocol;

/// <summary>Measures models on the items of one property: embeds the splits, fits the probe on training items, and evaluates the others.</summary>
internal sealed class ModelProbe
{
    private static readonly string[] Metrics =
        ["silhouette_euclidean", "silhouette_cosine", "davies_bouldin", "kmeans_ami", "probe_accuracy", "mean_cosine"];

    private readonly StudyPreset _preset;
    private readonly StudyCell _cell;
    private readonly StudyItems _train;

    public ModelProbe(StudyPreset preset, StudyCell cell, string suite)
    {
        _preset = preset;
        _cell = cell;
        _train = StudyItems.Read(suite, cell.Property, NumberSplit.Train, 2 * preset.ProbePairs);
        Test = StudyItems.Read(suite, cell.Property, NumberSplit.Test);
        Ood = StudyItems.Read(suite, cell.Property, NumberSplit.OodMagnitude);
    }

    /// <summary>Items of the training range.</summary>
    public StudyItems Test { get; }

    /// <summary>Items of other magnitudes.</summary>
    public StudyItems Ood { get; }

    /// <summary>Measures one model.</summary>
    /// <param name="embedder">The model.</param>
    /// <param name="family">Short name of its family.</param>
    /// <param name="structure">The frozen decoder's embeddings of the test items, for the retained structure; null for encoders.</param>
    /// <param name="angle">Largest angle between merged tensors in degrees, if any.</param>
    /// <param name="cancellation">Stops between steps.</param>
    public ModelMeasurement Measure(Embedder embedder, string family, EmbeddingMatrix? structure, double? angle, CancellationToken cancellation)
    {
        EmbeddingMatrix train = Embed(embedder, _train, cancellation);
        EmbeddingMatrix test = Embed(embedder, Test, cancellation), ood = Embed(embedder, Ood, cancellation);
        EvaluationResult onTest = Evaluate(test, Test, train, cancellation), onOod = Evaluate(ood, Ood, train, cancellation);
        ModelMeasures measures = new()
        {
            Family = family,
            Property = _cell.Property,
            Seed = _cell.Seed,
            Test = MeasuresOf(onTest),
            OodMagnitude = MeasuresOf(onOod),
            BaseCka = structure is null ? null : LinearCka.Debiased(structure, test, degree: 1),
            MeanCosine = onTest.Metrics["mean_cosine"],
            LargestAngleDegrees = angle,
        };
        double[] correct = [.. onTest.Probe!.Predictions.Select((label, item) => label == Test.Labels[item] ? 1.0 : 0.0)];
        return new ModelMeasurement(measures, test, correct);
    }

    private static EmbeddingMatrix Embed(Embedder embedder, StudyItems items, CancellationToken cancellation)
    {
        EmbeddedTexts vectors = embedder.Embed(items.Texts, cancellation);
        return new EmbeddingMatrix(vectors.Values, vectors.Rows, vectors.Columns);
    }

    private EvaluationResult Evaluate(EmbeddingMatrix embeddings, StudyItems items, EmbeddingMatrix train, CancellationToken cancellation)
    {
        EvaluationInput input = new()
        {
            Embeddings = embeddings,
            Labels = items.Labels,
            LabelNames = ["does not hold", "holds"],
            Attributes = items.Attributes,
            Groups = items.Pairs,
            TrainEmbeddings = train,
            TrainLabels = _train.Labels,
        };
        EvaluationOptions options = new() { Metrics = Metrics, Standardize = true, Permutations = _preset.Permutations, Subsamples = 0 };
        return EvaluationRun.Evaluate(input, options, cancellation: cancellation);
    }

    private static SplitMeasures MeasuresOf(EvaluationResult result) => new()
    {
        SilhouetteCosine = result.Metrics["silhouette_cosine"],
        SilhouetteEuclidean = result.Metrics["silhouette_euclidean"],
        DaviesBouldin = result.Metrics["davies_bouldin"],
        ProbeAccuracy = result.Metrics["probe_accuracy"],
        KMeans = [.. result.Encodings.Select(encoding => new AttributeAgreement(encoding.Name, encoding.Ami, encoding.Ari, encoding.PValue))],
    };
}
