using OnnxEmbed.Evaluation.Attributes;
using OnnxEmbed.Evaluation.Clustering;
using OnnxEmbed.Evaluation.Geometry;
using OnnxEmbed.Evaluation.Probes;
using OnnxEmbed.Evaluation.Statistics;

namespace OnnxEmbed.Evaluation;

/// <summary>Runs the metrics of an evaluation. Computes only; writing is elsewhere.</summary>
public sealed class EvaluationRun
{
    private readonly EvaluationInput _input;
    private readonly EvaluationOptions _options;
    private readonly IProgress<string>? _progress;
    private readonly CancellationToken _cancellation;
    private readonly int[] _labels;
    private readonly int[] _groups;
    private readonly Dictionary<string, double> _metrics = [];
    private readonly Dictionary<string, Interval> _intervals = [];
    private readonly Dictionary<string, PermutationResult> _permutations = [];
    private readonly List<AttributeEncoding> _encodings = [];
    private readonly List<string> _notes = [];
    private KMeansResult? _clusters;
    private ProbeOutcome? _probe;
    private double[]? _silhouettes;

    private EvaluationRun(EvaluationInput input, EvaluationOptions options, IProgress<string>? progress, CancellationToken cancellation)
    {
        _input = input;
        _options = options;
        _progress = progress;
        _cancellation = cancellation;
        _labels = [.. input.Labels];
        _groups = input.Groups is null ? [] : [.. input.Groups];
    }

    /// <summary>Evaluates embeddings.</summary>
    /// <param name="input">Items with embeddings, labels and columns.</param>
    /// <param name="options">Metrics, seed, sizes and degree.</param>
    /// <param name="progress">Told the name of each step as it begins.</param>
    /// <param name="cancellation">Looked at between steps.</param>
    /// <exception cref="EvaluationException">Lengths differ, a label is out of range, or a metric asked for by name is not
    /// possible.</exception>
    /// <exception cref="Tensors.OptionException">An option is out of its range; all faults in one message.</exception>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    public static EvaluationResult Evaluate(
        EvaluationInput input, EvaluationOptions options, IProgress<string>? progress = null, CancellationToken cancellation = default)
    {
        options.Validate();
        input.Validate();
        return new EvaluationRun(input, options, progress, cancellation).Run();
    }

    private EvaluationResult Run()
    {
        Step("silhouette", ["silhouette_euclidean", "silhouette_cosine"], Silhouettes);
        Step("separation", ["davies_bouldin", "calinski_harabasz"], Separation);
        string[] clustering = [.. Metrics.All.Select(metric => metric.Name).Where(name => name.StartsWith("kmeans_",
            StringComparison.Ordinal))];
        Step("k-means", clustering, Cluster);
        Step("probes", ["probe_accuracy", "probe_log_loss", "knn_accuracy", "majority_accuracy", "chance_accuracy"], Probe);
        Step("mean cosine", ["mean_cosine"], () => Set("mean_cosine", () => Isotropy.MeanCosine(_input.Embeddings, _options.Degree)));
        return new EvaluationResult
        {
            Rows = _input.Embeddings.Rows,
            Width = _input.Embeddings.Width,
            LabelColumn = _input.LabelColumn,
            Title = _input.Title,
            Options = _options,
            Metrics = new OrderedDictionary<string, double>(Metrics.All.Where(metric => _metrics.ContainsKey(metric.Name))
                .Select(metric => KeyValuePair.Create(metric.Name, _metrics[metric.Name]))),
            Intervals = _intervals,
            Permutations = _permutations,
            Labels = LabelResults(),
            Clusters = _clusters,
            Encodings = _encodings,
            Probe = _probe,
            Silhouettes = _silhouettes,
            Notes = _notes,
        };
    }

    private bool Wants(string metric) => _options.Metrics?.Contains(metric) ?? true;

    private void Set(string metric, Func<double> value)
    {
        if (Wants(metric))
            _metrics[metric] = value();
    }

    // What the data do not allow is noted, unless one of the metrics was asked for by name.
    private void Step(string name, string[] metrics, Action compute)
    {
        if (!metrics.Any(Wants))
            return;
        _cancellation.ThrowIfCancellationRequested();
        _progress?.Report(name);
        try
        {
            compute();
        }
        catch (EvaluationException e) when (_options.Metrics is null)
        {
            _notes.Add($"{name} left out: {e.Message}");
        }
    }

    private void Silhouettes()
    {
        foreach ((string metric, SilhouetteDistance distance) in new[]
        {
            ("silhouette_euclidean", SilhouetteDistance.Euclidean), ("silhouette_cosine", SilhouetteDistance.Cosine),
        })
        {
            if (!Wants(metric))
                continue;
            _silhouettes = Silhouette.Samples(_input.Embeddings, _labels, distance, _options.Degree);
            _metrics[metric] = _silhouettes.Average();
            _cancellation.ThrowIfCancellationRequested();
            if (_options.Permutations > 0)
            {
                _permutations[metric] = SilhouettePermutation.Test(
                    _input.Embeddings, _labels, distance, _options.Permutations, _options.PermutationRows, _options.Seed, _options.Degree);
            }

            _cancellation.ThrowIfCancellationRequested();
            Subsample(metric, (embeddings, labels) => Silhouette.Score(embeddings, labels, distance, _options.Degree));
        }
    }

    private void Separation()
    {
        Set("davies_bouldin", () => DaviesBouldin.Score(_input.Embeddings, _labels, _options.Degree));
        Set("calinski_harabasz", () => CalinskiHarabasz.Score(_input.Embeddings, _labels, _options.Degree));
        if (_metrics.ContainsKey("davies_bouldin"))
            Subsample("davies_bouldin", (embeddings, labels) => DaviesBouldin.Score(embeddings, labels, _options.Degree));
    }

    private void Subsample(string metric, Func<EmbeddingMatrix, int[], double> index)
    {
        int n = _input.Embeddings.Rows, size = Math.Min(_options.SubsampleRows, n / 2);
        int units = _groups.Length == 0 ? n : _groups.Distinct().Count();
        if (_options.Subsamples == 0)
            return;
        if (size < 10 || units < 4)
        {
            _notes.Add($"{metric}: no interval: needs at least 20 items in 4 units, got {n} in {units}");
            return;
        }

        _intervals[metric] = SubsampleInterval.Estimate(_metrics[metric], n, _groups, rows =>
        {
            int[] labels = [.. rows.Select(row => _labels[row])];
            int distinct = labels.Distinct().Count();
            return distinct >= 2 && distinct < labels.Length ? index(_input.Embeddings.Select(rows), labels) : double.NaN;
        }, size, _options.Subsamples, _options.Seed);
    }

    private void Cluster()
    {
        int clusters = _options.Clusters > 0 ? _options.Clusters : _labels.Distinct().Count();
        _clusters = KMeans.Fit(_input.Embeddings, new KMeansOptions
        {
            Clusters = clusters,
            Restarts = _options.KMeansRestarts,
            Seed = _options.Seed,
            Degree = _options.Degree,
        });
        int[] found = _clusters.Labels;
        Set("kmeans_inertia", () => _clusters.Inertia);
        Set("kmeans_ari", () => ClusterAgreement.AdjustedRand(_labels, found));
        Set("kmeans_ami", () => ClusterAgreement.AdjustedMutualInformation(_labels, found));
        Set("kmeans_nmi", () => ClusterAgreement.NormalizedMutualInformation(_labels, found));
        Set("kmeans_homogeneity", () => ClusterAgreement.Homogeneity(_labels, found));
        Set("kmeans_completeness", () => ClusterAgreement.Completeness(_labels, found));
        Set("kmeans_v_measure", () => ClusterAgreement.VMeasure(_labels, found));
        if (_options.Permutations == 0)
            return;
        Encode(_input.LabelColumn, isTarget: true, isNumeric: false, found, _labels);
        foreach (AttributeColumn attribute in _input.Attributes)
        {
            int values = attribute.Codes.Distinct().Count();
            if (values < 2)
                _notes.Add($"column {attribute.Name} left out: every item has the same value");
            else if (!attribute.IsNumeric && values > _input.Embeddings.Rows / 2)
                _notes.Add($"column {attribute.Name} left out: {values} values for {_input.Embeddings.Rows} items name items, not classes");
            else
                Encode(attribute.Name, isTarget: false, attribute.IsNumeric, found, attribute.Codes);
        }
    }

    private void Encode(string name, bool isTarget, bool isNumeric, int[] found, int[] codes)
    {
        _cancellation.ThrowIfCancellationRequested();
        _encodings.Add(EncodingMatrix.Measure(
            name, isTarget, isNumeric, found, codes, _options.Permutations, _options.Seed, _options.Degree));
    }

    private void Probe()
    {
        bool linear = Wants("probe_accuracy") || Wants("probe_log_loss"), neighbors = Wants("knn_accuracy");
        _probe = ProbeRun.Run(_input, _labels, _options, linear, neighbors);
        Set("probe_accuracy", () => Accuracy.Of(_probe.Predictions, _labels));
        Set("probe_log_loss", () => _probe.LogLosses.Average());
        Set("knn_accuracy", () => Accuracy.Of(_probe.NeighborPredictions, _labels));
        Set("majority_accuracy", () => _probe.MajorityAccuracy);
        Set("chance_accuracy", () => _probe.ChanceAccuracy);
        if (!_probe.Converged)
            _notes.Add("probe: a fit ended before its optimum");
        if (_probe.Folds > 0 && _probe.Folds < _options.Folds)
            _notes.Add($"probe: {_probe.Folds} folds instead of {_options.Folds}: a label has no more items");
        foreach ((string metric, int[] predictions) in new[]
        {
            ("probe_accuracy", _probe.Predictions), ("knn_accuracy", _probe.NeighborPredictions),
        })
        {
            if (!_metrics.ContainsKey(metric) || _options.Subsamples == 0)
                continue;
            double[] right = [.. predictions.Select((label, row) => label == _labels[row] ? 1.0 : 0.0)];
            _intervals[metric] = BootstrapInterval.OfMean(right, _groups, Math.Max(100, 5 * _options.Subsamples), _options.Seed);
        }
    }

    private List<LabelResult> LabelResults()
    {
        List<LabelResult> results = [];
        for (int label = 0; label < _input.LabelNames.Count; label++)
        {
            int[] rows = [.. Enumerable.Range(0, _labels.Length).Where(row => _labels[row] == label)];
            if (rows.Length == 0)
                continue;
            double? silhouette = _silhouettes is null ? null : rows.Average(row => _silhouettes[row]);
            double? recall = _probe is { Predictions.Length: > 0 } probe
                ? rows.Count(row => probe.Predictions[row] == label) / (double)rows.Length
                : null;
            results.Add(new LabelResult(_input.LabelNames[label], rows.Length, silhouette, recall));
        }

        return results;
    }
}
