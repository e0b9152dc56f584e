using OnnxEmbed.Evaluation;
using OnnxEmbed.Models.Embedders;

namespace OnnxEmbed.Cli.Scoring;

/// <summary>A metric of an evaluation as the score of a model.</summary>
internal sealed class MetricScorer(MetricDescriptor metric, Func<Embedder, CancellationToken, double> measure) : IModelScorer
{
    public string Name => metric.Name;

    public bool HigherIsBetter => metric.IsHigherBetter ?? true;

    public double Score(Embedder embedder, CancellationToken cancellationToken) => measure(embedder, cancellationToken);
}
