using OnnxEmbed.Tensors;

namespace OnnxEmbed.Merging.Methods;

/// <summary>
/// Norms, dot products and angles between each two of several vectors, in double. Each pair has its own sums of differences, so that small
/// angles keep their digits.
/// </summary>
/// <param name="Count">Number of vectors.</param>
/// <param name="Pairs">Sums of the pairs (0, 1), (0, 2), …, (1, 2), …; of one vector the pair with itself.</param>
internal sealed record GramSums(int Count, IReadOnlyList<PairSums> Pairs)
{
    /// <summary>Sums over the vectors <paramref name="i"/> and <paramref name="j"/>, in this order.</summary>
    public PairSums this[int i, int j]
    {
        get
        {
            if (i == j)
            {
                double squared = SquaredNorm(i);
                return new PairSums(squared, squared, 0, 4 * squared);
            }

            PairSums sums = Pairs[PairIndex(Math.Min(i, j), Math.Max(i, j), Count)];
            return i < j ? sums : new PairSums(sums.SecondSquared, sums.FirstSquared, sums.DifferenceSquared, sums.SumSquared);
        }
    }

    /// <summary>One of several vectors.</summary>
    public delegate ReadOnlySpan<double> Vectors(int index);

    /// <summary>Measures elements [<paramref name="start"/>, + <paramref name="length"/>) of several vectors.</summary>
    public static GramSums Of(int count, Vectors vectors, int start, int length)
    {
        PairSums[] pairs = new PairSums[PairCount(count)];
        int pair = 0;
        for (int i = 0; i < count; i++)
        {
            for (int j = count == 1 ? 0 : i + 1; j < count; j++)
            {
                pairs[pair++] = Reductions.Pair(vectors(i).Slice(start, length), vectors(j).Slice(start, length));
            }
        }

        return new GramSums(count, pairs);
    }

    /// <summary>The sums over these elements and those of <paramref name="other"/>.</summary>
    public GramSums Add(GramSums other) => new(Count, [.. Pairs.Zip(other.Pairs, PairSums.Add)]);

    public static int PairCount(int count) => Math.Max(1, count * (count - 1) / 2);

    public double SquaredNorm(int i) => Count == 1 || i < Count - 1
        ? Pairs[Count == 1 ? 0 : PairIndex(i, Count - 1, Count)].FirstSquared
        : Pairs[PairIndex(0, i, Count)].SecondSquared;

    public double Norm(int i) => Math.Sqrt(SquaredNorm(i));

    /// <summary>Cosine of the angle between two vectors, in [-1, 1]; NaN where one is zero.</summary>
    public double Cosine(int i, int j) => this[i, j].Cosine;

    private static int PairIndex(int i, int j, int count) => (i * ((2 * count) - i - 1) / 2) + (j - i - 1);
}
