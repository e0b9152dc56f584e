using OnnxEmbed.Tensors;

namespace OnnxEmbed.Evaluation.Statistics;

/// <summary>Percentile bootstrap for means over items, such as an accuracy. B. Efron and R. Tibshirani, "An introduction to the bootstrap"
/// (1993), chapter 13.</summary>
public static class BootstrapInterval
{
    /// <summary>95 % interval of the mean of <paramref name="values"/>, units being drawn with replacement.</summary>
    /// <param name="values">One value for each item [n], such as 1 where a prediction was right.</param>
    /// <param name="units">Unit [n] of each item, drawn as a whole; empty: each item alone.</param>
    /// <param name="resamples">Number of resamples, at least 100.</param>
    /// <param name="seed">Seed of the draws.</param>
    /// <exception cref="OptionException">Fewer than 100 resamples.</exception>
    /// <exception cref="EvaluationException">No values, or not one unit for each.</exception>
    public static Interval OfMean(ReadOnlySpan<double> values, ReadOnlySpan<int> units, int resamples, ulong seed)
    {
        if (resamples < 100)
            throw new OptionException($"bootstrap: needs at least 100 resamples, got {resamples}");
        if (values.IsEmpty)
            throw new EvaluationException("bootstrap: needs at least 1 value, got 0");
        ResamplingUnits groups = ResamplingUnits.Of(units, values.Length);
        double[] sums = new double[groups.Members.Length];
        for (int unit = 0; unit < sums.Length; unit++)
        {
            foreach (int item in groups.Members[unit])
                sums[unit] += values[item];
        }

        double[] means = new double[resamples];
        RandomStream random = new(seed);
        for (int resample = 0; resample < resamples; resample++)
        {
            double sum = 0;
            int items = 0;
            for (int draw = 0; draw < sums.Length; draw++)
            {
                int unit = random.NextInt(sums.Length);
                sum += sums[unit];
                items += groups.Members[unit].Length;
            }

            means[resample] = sum / items;
        }

        Array.Sort(means);
        return new Interval(Quantiles.Of(means, 0.025), Quantiles.Of(means, 0.975), 0.95);
    }
}
