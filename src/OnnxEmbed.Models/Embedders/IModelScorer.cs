namespace OnnxEmbed.Models.Embedders;

/// <summary>
/// Gives a model one number. Training (validation) and merging (search, greedy soup) ask for scores without knowing how they are
/// computed; the command line and the study supply them.
/// </summary>
public interface IModelScorer
{
    /// <summary>Name of the metric, such as <c>probe_accuracy</c>.</summary>
    string Name { get; }

    /// <summary>Whether a greater score is a better model.</summary>
    bool HigherIsBetter { get; }

    /// <summary>The score of a model.</summary>
    /// <param name="embedder">The model, open; it stays open.</param>
    /// <param name="cancellationToken">Ends the work early.</param>
    double Score(Embedder embedder, CancellationToken cancellationToken);
}
