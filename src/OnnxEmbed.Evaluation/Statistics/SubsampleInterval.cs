using OnnxEmbed.Tensors;

namespace OnnxEmbed.Evaluation.Statistics;

/// <summary>
/// Confidence intervals for indices of geometry by subsampling without replacement: a bootstrap repeats items, and the zero distances
/// between
/// the copies inflate every such index. D. N. Politis and J. P. Romano, "Large sample confidence regions based on subsamples under minimal
/// assumptions", Annals of Statistics 22 (1994), with the finite-population factor √(m / (n - m)).
/// </summary>
public static class SubsampleInterval
{
    /// <summary>95 % interval around <paramref name="estimate"/>.</summary>
    /// <param name="estimate">The index on all items.</param>
    /// <param name="items">Number of items n.</param>
    /// <param name="units">Unit [n] of each item, drawn as a whole; empty: each item alone.</param>
    /// <param name="index">The index on the rows given (ascending), or NaN where it does not exist; called from one thread.</param>
    /// <param name="subsampleItems">Items m to draw, about, in [2, n / 2].</param>
    /// <param name="subsamples">Number of subsamples, at least 20.</param>
    /// <param name="seed">Seed of the draws.</param>
    /// <exception cref="OptionException">A size is out of its range.</exception>
    /// <exception cref="EvaluationException">Fewer than 4 units, or the index exists on fewer than half of the subsamples.</exception>
    public static Interval Estimate(
        double estimate, int items, ReadOnlySpan<int> units, Func<int[], double> index, int subsampleItems, int subsamples, ulong seed)
    {
        if (subsamples < 20 || subsampleItems < 2 || subsampleItems > items / 2)
        {
            throw new OptionException(
                $"subsampling: needs 20 subsamples or more of 2 to n / 2 = {items / 2} items, got {subsamples} of {subsampleItems}");
        }

        ResamplingUnits groups = ResamplingUnits.Of(units, items);
        if (groups.Members.Length < 4)
            throw new EvaluationException($"subsampling: needs at least 4 units, got {groups.Members.Length}");
        int[] order = [.. Enumerable.Range(0, groups.Members.Length)];
        int drawn = Math.Clamp((int)((long)order.Length * subsampleItems / items), 2, order.Length / 2);
        List<double> values = [];
        RandomStream random = new(seed);
        for (int subsample = 0; subsample < subsamples; subsample++)
        {
            random.Shuffle(order.AsSpan(), drawn);
            int[] rows = [.. order.Take(drawn).SelectMany(unit => groups.Members[unit]).Order()];
            double value = index(rows);
            if (double.IsFinite(value))
                values.Add(value);
        }

        if (values.Count < subsamples / 2)
            throw new EvaluationException(
                $"subsampling: needs an index that exists on most subsamples, got it on {values.Count} of {subsamples}");

        // Deviations are taken from the subsamples' own mean: an index may shift with the number of items.
        double mean = values.Average(), factor = Math.Sqrt(drawn / (double)(order.Length - drawn));
        double[] deviations = [.. values.Select(value => (value - mean) * factor).Order()];
        return new Interval(estimate - Quantiles.Of(deviations, 0.975), estimate - Quantiles.Of(deviations, 0.025), 0.95);
    }
}
