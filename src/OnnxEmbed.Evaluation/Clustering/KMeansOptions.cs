namespace OnnxEmbed.Evaluation.Clustering;

/// <summary>How to run k-means.</summary>
public sealed record KMeansOptions
{
    /// <summary>Number of clusters k, in [1, n].</summary>
    public required int Clusters { get; init; }

    /// <summary>Starts by k-means++; the result of least inertia is kept. Ignored when a start is given.</summary>
    /// <value>10.</value>
    public int Restarts { get; init; } = 10;

    /// <summary>Most Lloyd iterations of one start.</summary>
    /// <value>300.</value>
    public int MaxIterations { get; init; } = 300;

    /// <summary>
    /// A start ends when the sum of squared centre shifts is at most this share of the mean variance of the columns; 0 runs until the
    /// labels
    /// stay the same.
    /// </summary>
    /// <value>1e-4.</value>
    public double Tolerance { get; init; } = 1e-4;

    /// <summary>Rows [k] that serve as the first centres of the only start; null: k-means++.</summary>
    public IReadOnlyList<int>? InitialRows { get; init; }

    /// <summary>First centres [k, d] of the only start; null: k-means++.</summary>
    public EmbeddingMatrix? InitialCenters { get; init; }

    /// <summary>Seed of k-means++. The same seed gives the same clusters at any degree.</summary>
    /// <value>0.</value>
    public ulong Seed { get; init; }

    /// <summary>Threads to use.</summary>
    /// <value>1.</value>
    public int Degree { get; init; } = 1;
}
