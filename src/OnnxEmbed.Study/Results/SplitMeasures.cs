namespace OnnxEmbed.Study.Results;

/// <summary>What was measured on one split's embeddings, the property being the label.</summary>
public sealed record SplitMeasures
{
    /// <summary>Mean silhouette with cosine distance, [-1, 1]; more is better separated.</summary>
    public required double SilhouetteCosine { get; init; }

    /// <summary>Mean silhouette with Euclidean distance, [-1, 1].</summary>
    public required double SilhouetteEuclidean { get; init; }

    /// <summary>Davies-Bouldin index, [0, ∞); less is better separated.</summary>
    public required double DaviesBouldin { get; init; }

    /// <summary>Accuracy of a logistic probe fitted on the train split, [0, 1]; chance is 0.5.</summary>
    public required double ProbeAccuracy { get; init; }

    /// <summary>What k-means labels (k = classes) agree with: the property first, then every other attribute.</summary>
    public required IReadOnlyList<AttributeAgreement> KMeans { get; init; }
}
