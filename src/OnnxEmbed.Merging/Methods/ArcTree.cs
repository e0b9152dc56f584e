using OnnxEmbed.Tensors;

namespace OnnxEmbed.Merging.Methods;

/// <summary>
/// Spherical interpolation of more than two vectors, two at a time. What a join gives is a sum of the vectors, and its norm and angles
/// follow from those between the vectors: with Σc = s, ‖Σ cᵢ·wᵢ‖² = s·Σ cᵢ‖wᵢ‖² - Σ_{i&lt;j} cᵢcⱼ‖wᵢ - wⱼ‖², which keeps small angles. So
/// a tree of any depth needs one pass over the elements and no model between.
/// </summary>
internal sealed class ArcTree(GramSums gram, double t, Func<PairSums, double, Arc> join)
{
    public const string Balanced = "balanced";
    public const string Sequential = "sequential";

    private readonly List<Arc> _joins = [];

    /// <summary>The joins made, in their order.</summary>
    public IReadOnlyList<Arc> Joins => _joins;

    /// <summary>Factors of the vectors in a tree.</summary>
    /// <param name="tree">
    /// sequential: each next vector is joined at t to what the ones before gave, so that with t = ½ the last has weight ½, the one before
    /// ¼, …. balanced: the first half joined to the second half, each in the same way, at the odds of t times the number of vectors on each
    /// side, so that with t = ½ all have equal parts.
    /// </param>
    public double[] Factors(string tree)
    {
        if (tree == Balanced)
        {
            return Half(0, gram.Count);
        }

        double[] sum = Leaf(0);
        for (int i = 1; i < gram.Count; i++)
        {
            sum = Join(sum, Leaf(i), t);
        }

        return sum;
    }

    private double[] Half(int start, int count)
    {
        if (count == 1)
        {
            return Leaf(start);
        }

        int first = (count + 1) / 2;
        int second = count - first;
        return Join(Half(start, first), Half(start + first, second), t * second / (((1 - t) * first) + (t * second)));
    }

    private double[] Leaf(int vector)
    {
        double[] factors = new double[gram.Count];
        factors[vector] = 1;
        return factors;
    }

    private double[] Join(double[] first, double[] second, double place)
    {
        PairSums sums = new(
            SquaredNorm(first), SquaredNorm(second), SquaredNorm([.. first.Zip(second, (x, y) => x - y)]),
                SquaredNorm([.. first.Zip(second, (x, y) => x + y)]));
        Arc arc = join(sums, place);
        _joins.Add(arc);
        return [.. first.Zip(second, (x, y) => (arc.First * x) + (arc.Second * y))];
    }

    private double SquaredNorm(double[] factors)
    {
        double sum = factors.Sum();
        double squared = 0;
        for (int i = 0; i < factors.Length; i++)
        {
            if (factors[i] == 0)
            {
                continue;
            }

            squared += sum * factors[i] * gram.SquaredNorm(i);
            for (int j = i + 1; j < factors.Length; j++)
            {
                squared -= factors[i] * factors[j] * gram[i, j].DifferenceSquared;
            }
        }

        return Math.Max(0, squared);
    }
}
