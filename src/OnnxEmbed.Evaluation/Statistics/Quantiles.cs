namespace OnnxEmbed.Evaluation.Statistics;

/// <summary>Quantiles of a sample, by linear interpolation between order statistics (R type 7, NumPy's default).</summary>
internal static class Quantiles
{
    public static double Of(ReadOnlySpan<double> sorted, double share)
    {
        double position = share * (sorted.Length - 1);
        int below = Math.Min((int)position, sorted.Length - 2);
        return sorted.Length == 1 ? sorted[0] : sorted[below] + ((position - below) * (sorted[below + 1] - sorted[below]));
    }
}
