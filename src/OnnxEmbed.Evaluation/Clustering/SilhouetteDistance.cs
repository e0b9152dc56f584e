namespace OnnxEmbed.Evaluation.Clustering;

/// <summary>The distance under a silhouette.</summary>
public enum SilhouetteDistance
{
    /// <summary>|x - y|.</summary>
    Euclidean,

    /// <summary>1 - x·y / (|x| |y|), in [0, 2]; a row of zeros is at distance 1 from every other row.</summary>
    Cosine,

    /// <summary>|x - y|².</summary>
    SquaredEuclidean,
}
