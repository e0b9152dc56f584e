namespace OnnxEmbed.Evaluation.Probes;

/// <summary>How to fit a logistic-regression probe.</summary>
public sealed record LogisticOptions
{
    /// <summary>Inverse strength C of the L2 penalty |W|² / (2 C), above 0.</summary>
    /// <value>1.</value>
    public double InverseRegularization { get; init; } = 1;

    /// <summary>Whether columns are divided by their standard deviation first (constant columns are not). The penalty then acts on the
    /// scaled weights.</summary>
    /// <value>false.</value>
    public bool Standardize { get; init; }

    /// <summary>The optimum is reached when no entry of the gradient of the summed loss exceeds this, above 0.</summary>
    /// <value>1e-5.</value>
    public double GradientTolerance { get; init; } = 1e-5;

    /// <summary>Most L-BFGS iterations.</summary>
    /// <value>2000.</value>
    public int MaxIterations { get; init; } = 2000;

    /// <summary>Threads to use.</summary>
    /// <value>1.</value>
    public int Degree { get; init; } = 1;
}
