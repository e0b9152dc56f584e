namespace OnnxEmbed.Evaluation.Clustering;

/// <summary>What k-means found.</summary>
/// <param name="Labels">Cluster [n] of each item, in [0, k - 1].</param>
/// <param name="Centers">Centres [k, d], row-major.</param>
/// <param name="Inertia">Σ |x - its centre|².</param>
/// <param name="Iterations">Lloyd iterations of the start that was kept.</param>
/// <param name="Converged">Whether that start ended before the limit of iterations.</param>
public sealed record KMeansResult(int[] Labels, double[] Centers, double Inertia, int Iterations, bool Converged);
