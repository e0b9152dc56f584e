using OnnxEmbed.Tensors;

namespace OnnxEmbed.Merging.Adapters.Combining;

/// <summary>
/// PEFT's sparsify-and-merge: each change keeps the share <c>density</c> of its elements, the largest or random ones (then divided by the
/// density); then Σ wᵢ·dᵢ, or with an election the sum of those whose sign is that of Σ dᵢ (+ where it is 0), divided by their number
/// (P. Yadav et al., TIES, arXiv:2306.01708, §4.1; L. Yu et al., DARE, arXiv:2311.03099, §3). Signs are elected before weighting and the
/// divisor is a count, in which PEFT differs from mergekit. Of equally large elements the first stay; at least one stays unless the
/// density is 0, which keeps nothing.
/// </summary>
/// <param name="IsRandom">Whether random elements are kept instead of the largest.</param>
/// <param name="Elects">Whether signs are elected.</param>
internal sealed record DeltaRule(bool IsRandom, bool Elects) : IDeltaRule
{
    public double[] Combine(IReadOnlyList<double[]> deltas, IReadOnlyList<double> weights, double density, ulong seed,
        IReadOnlyList<string> names)
    {
        for (int i = 0; i < deltas.Count; i++)
        {
            Prune(deltas[i], density, new CounterRandom(seed, names[i]));
        }

        double[] result = new double[deltas[0].Length];
        for (int at = 0; at < result.Length; at++)
        {
            result[at] = Elects ? Elected(deltas, weights, at) : Sum(deltas, weights, at);
        }

        return result;
    }

    private static double Sum(IReadOnlyList<double[]> deltas, IReadOnlyList<double> weights, int at)
    {
        double sum = 0;
        for (int i = 0; i < deltas.Count; i++)
        {
            sum += weights[i] * deltas[i][at];
        }

        return sum;
    }

    private static double Elected(IReadOnlyList<double[]> deltas, IReadOnlyList<double> weights, int at)
    {
        double total = 0;
        foreach (double[] delta in deltas)
        {
            total += delta[at];
        }

        int sign = total >= 0 ? 1 : -1, agreeing = 0;
        double sum = 0;
        for (int i = 0; i < deltas.Count; i++)
        {
            if (Math.Sign(deltas[i][at]) == sign)
            {
                sum += weights[i] * deltas[i][at];
                agreeing++;
            }
        }

        return sum / Math.Max(1, agreeing);
    }

    private void Prune(double[] delta, double density, CounterRandom random)
    {
        if (density >= 1)
        {
            return;
        }

        if (density <= 0)
        {
            delta.AsSpan().Clear();
            return;
        }

        if (IsRandom)
        {
            const double Unit = 1.0 / (1UL << 53);
            for (int i = 0; i < delta.Length; i++)
            {
                delta[i] = (random.At((ulong)i) >> 11) * Unit < density ? delta[i] / density : 0;
            }

            return;
        }

        int kept = Math.Max(1, (int)(density * delta.Length));
        double[] magnitudes = Array.ConvertAll(delta, Math.Abs);
        Array.Sort(magnitudes);
        double least = magnitudes[^kept];
        int equal = kept - (magnitudes.Length - UpperBound(magnitudes, least));
        for (int i = 0; i < delta.Length; i++)
        {
            double magnitude = Math.Abs(delta[i]);
            if (magnitude < least || (magnitude == least && equal-- <= 0))
            {
                delta[i] = 0;
            }
        }
    }

    /// <summary>Index of the first element above a value in a rising array.</summary>
    private static int UpperBound(double[] rising, double value)
    {
        int low = 0, high = rising.Length;
        while (low < high)
        {
            int middle = (low + high) / 2;
            (low, high) = rising[middle] <= value ? (middle + 1, high) : (low, middle);
        }

        return low;
    }
}
