using OnnxEmbed.Evaluation.Attributes;
using OnnxEmbed.Evaluation.Clustering;
using OnnxEmbed.Evaluation.Probes;
using OnnxEmbed.Evaluation.Statistics;

namespace OnnxEmbed.Evaluation;

/// <summary>What an evaluation found.</summary>
public sealed class EvaluationResult
{
    /// <summary>Number of items n.</summary>
    public required int Rows { get; init; }

    /// <summary>Width d of the embeddings.</summary>
    public required int Width { get; init; }

    /// <summary>Name of the label column.</summary>
    public required string LabelColumn { get; init; }

    /// <summary>What was evaluated, for people.</summary>
    public required string Title { get; init; }

    /// <summary>The options as given.</summary>
    public required EvaluationOptions Options { get; init; }

    /// <summary>Value of each metric by name, in the order of <see cref="Evaluation.Metrics.All"/>.</summary>
    public required IReadOnlyDictionary<string, double> Metrics { get; init; }

    /// <summary>95 % intervals of some metrics, by name.</summary>
    public required IReadOnlyDictionary<string, Interval> Intervals { get; init; }

    /// <summary>Permutation tests of some metrics, by name.</summary>
    public required IReadOnlyDictionary<string, PermutationResult> Permutations { get; init; }

    /// <summary>Each label present, in the order of the names given.</summary>
    public required IReadOnlyList<LabelResult> Labels { get; init; }

    /// <summary>The k-means clusters; null if no metric asked for them.</summary>
    public required KMeansResult? Clusters { get; init; }

    /// <summary>Agreement of the clusters with the label (first) and with every other column.</summary>
    public required IReadOnlyList<AttributeEncoding> Encodings { get; init; }

    /// <summary>How the probes were fitted; null if no metric asked for them.</summary>
    public required ProbeOutcome? Probe { get; init; }

    /// <summary>Silhouette [n] of each item: cosine if computed, else Euclidean; null if neither is.</summary>
    public required double[]? Silhouettes { get; init; }

    /// <summary>What was left out, and why.</summary>
    public required IReadOnlyList<string> Notes { get; init; }
}
