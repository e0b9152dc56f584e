namespace OnnxEmbed.Study.Results;

/// <summary>A figure over seeds.</summary>
/// <param name="Mean">Mean.</param>
/// <param name="Deviation">Standard deviation with n - 1; 0 for one seed.</param>
/// <param name="Low">Least.</param>
/// <param name="High">Greatest.</param>
/// <param name="Count">Number of seeds.</param>
public sealed record Spread(double Mean, double Deviation, double Low, double High, int Count)
{
    /// <summary>The spread of at least one value.</summary>
    public static Spread Of(IEnumerable<double> values)
    {
        double[] all = [.. values];
        double mean = all.Average();
        double deviation = all.Length < 2 ? 0 : Math.Sqrt(all.Sum(value => (value - mean) * (value - mean)) / (all.Length - 1));
        return new Spread(mean, deviation, all.Min(), all.Max(), all.Length);
    }
}
