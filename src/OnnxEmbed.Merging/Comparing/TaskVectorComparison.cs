namespace OnnxEmbed.Merging.Comparing;

/// <summary>How several models differ from a base, and how their task vectors lie to one another.</summary>
public sealed record TaskVectorComparison
{
    /// <summary>Each model against the base, in the order they were given.</summary>
    public required IReadOnlyList<ModelDifference> Models { get; init; }

    /// <summary>
    /// Cosine between the task vectors of each two models over all weights that all of them have, [model, model], each in [-1, 1]; null
    /// where a
    /// model does not differ from the base, and for a single model.
    /// </summary>
    public required IReadOnlyList<IReadOnlyList<double?>> Cosines { get; init; }
}
