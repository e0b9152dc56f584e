namespace OnnxEmbed.Evaluation.Projections;

/// <summary>Items as points of a plane (or of few dimensions).</summary>
/// <param name="Method">Name of the method, such as PCA.</param>
/// <param name="Points">Coordinates [n, c], row-major.</param>
/// <param name="Dimensions">Number of coordinates c.</param>
/// <param name="ExplainedRatios">Share [c] of the variance along each coordinate, in [0, 1].</param>
public sealed record Projection(string Method, double[] Points, int Dimensions, IReadOnlyList<double> ExplainedRatios)
{
    /// <summary>Values [n] of one coordinate.</summary>
    public double[] Axis(int dimension)
    {
        double[] axis = new double[Points.Length / Dimensions];
        for (int i = 0; i < axis.Length; i++)
            axis[i] = Points[(i * Dimensions) + dimension];
        return axis;
    }

    /// <summary>Name of one coordinate with its share of the variance, such as <c>PC 1 (41 %)</c>.</summary>
    public string AxisTitle(int dimension) =>
        FormattableString.Invariant($"PC {dimension + 1} ({100 * ExplainedRatios[dimension]:F0} % of variance)");
}
