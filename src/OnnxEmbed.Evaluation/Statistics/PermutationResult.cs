namespace OnnxEmbed.Evaluation.Statistics;

/// <summary>A score against its values under permuted labels.</summary>
/// <param name="Observed">The score with the labels as they are, on the rows used.</param>
/// <param name="NullMean">Mean over permutations.</param>
/// <param name="NullDeviation">Standard deviation over permutations.</param>
/// <param name="ZScore">(observed - mean) / deviation; 0 when the deviation is 0.</param>
/// <param name="PValue">(1 + permutations with a score at least as large) / (1 + permutations), in (0, 1].</param>
/// <param name="Permutations">Number of permutations.</param>
/// <param name="Rows">Rows used.</param>
public sealed record PermutationResult(
    double Observed, double NullMean, double NullDeviation, double ZScore, double PValue, int Permutations, int Rows)
{
    internal static PermutationResult Of(double observed, double[] permuted, int rows)
    {
        double mean = permuted.Average();
        double deviation = Math.Sqrt(permuted.Sum(value => (value - mean) * (value - mean)) / Math.Max(1, permuted.Length - 1));
        int extreme = permuted.Count(value => value >= observed);
        double z = deviation > 0 ? (observed - mean) / deviation : 0;
        return new PermutationResult(observed, mean, deviation, z, (1 + extreme) / (1.0 + permuted.Length), permuted.Length, rows);
    }
}
