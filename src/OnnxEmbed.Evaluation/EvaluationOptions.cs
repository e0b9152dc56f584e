using OnnxEmbed.Tensors;

namespace OnnxEmbed.Evaluation;

/// <summary>How to evaluate.</summary>
public sealed record EvaluationOptions
{
    /// <summary>Names of the metrics to compute (<see cref="Metrics"/>); null: all that the data allow, the others being noted.</summary>
    public IReadOnlyList<string>? Metrics { get; init; }

    /// <summary>Seed of k-means, folds, samples and permutations. The same seed gives the same numbers at any degree.</summary>
    /// <value>0.</value>
    public ulong Seed { get; init; }

    /// <summary>Clusters of k-means; 0: as many as labels.</summary>
    /// <value>0.</value>
    public int Clusters { get; init; }

    /// <summary>Starts of k-means.</summary>
    /// <value>10.</value>
    public int KMeansRestarts { get; init; } = 10;

    /// <summary>Inverse strength of the probe's penalty.</summary>
    /// <value>1.</value>
    public double InverseRegularization { get; init; } = 1;

    /// <summary>Whether the probe's columns are standardised.</summary>
    /// <value>false.</value>
    public bool Standardize { get; init; }

    /// <summary>Neighbours of k-NN.</summary>
    /// <value>5.</value>
    public int Neighbors { get; init; } = 5;

    /// <summary>Whether k-NN goes by cosine; otherwise Euclidean.</summary>
    /// <value>false.</value>
    public bool CosineNeighbors { get; init; }

    /// <summary>Folds of cross-validation when no training split is given.</summary>
    /// <value>5.</value>
    public int Folds { get; init; } = 5;

    /// <summary>Permutations of the labels for p-values; 0: none.</summary>
    /// <value>199.</value>
    public int Permutations { get; init; } = 199;

    /// <summary>Most items in the permutation test of silhouettes.</summary>
    /// <value>1000.</value>
    public int PermutationRows { get; init; } = 1000;

    /// <summary>Subsamples (geometry) and a fifth of the resamples (accuracies) for 95 % intervals; 0: none.</summary>
    /// <value>200.</value>
    public int Subsamples { get; init; } = 200;

    /// <summary>Most items of a subsample.</summary>
    /// <value>500.</value>
    public int SubsampleRows { get; init; } = 500;

    /// <summary>Threads to use.</summary>
    /// <value>1.</value>
    public int Degree { get; init; } = 1;

    internal void Validate()
    {
        List<string> faults = [];
        void AtLeast(string what, int value, int least)
        {
            if (value < least)
                faults.Add($"{what}: needs at least {least}, got {value}");
        }

        AtLeast("clusters", Clusters, 0);
        AtLeast("k-means restarts", KMeansRestarts, 1);
        AtLeast("neighbours", Neighbors, 1);
        AtLeast("folds", Folds, 2);
        AtLeast("permutation rows", PermutationRows, 10);
        AtLeast("subsample rows", SubsampleRows, 10);
        AtLeast("degree", Degree, 1);
        if (Permutations is not 0 and < 19)
            faults.Add($"permutations: needs 0 or at least 19, got {Permutations}");
        if (Subsamples is not 0 and < 20)
            faults.Add($"subsamples: needs 0 or at least 20, got {Subsamples}");
        if (!(InverseRegularization > 0))
            faults.Add(FormattableString.Invariant($"inverse regularisation: needs a value above 0, got {InverseRegularization}"));
        foreach (string name in Metrics?.Except(Evaluation.Metrics.All.Select(metric => metric.Name)) ?? [])
            faults.Add($"metric: needs one of {string.Join(", ", Evaluation.Metrics.All.Select(metric => metric.Name))}, got {name}");
        if (faults.Count > 0)
            throw new OptionException(string.Join("; ", faults));
    }
}
