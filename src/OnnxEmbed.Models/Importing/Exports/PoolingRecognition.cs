using OnnxEmbed.Models.Packages;

namespace OnnxEmbed.Models.Importing.Exports;

/// <summary>Tells by numbers which pooling of hidden states gives the vectors that a graph puts out beside them.</summary>
internal static class PoolingRecognition
{
    // Sums of a few terms in f32, perhaps of half-precision ones.
    private const double Tolerance = 2e-3;

    /// <param name="states">[B, S, H] of <see cref="TrialBatch"/>.</param>
    /// <param name="vectors">[B, H].</param>
    /// <returns>The pooling and whether vectors are scaled to length 1; null where none gives them.</returns>
    public static (PoolingMode Mode, bool Normalize)? Find(float[] states, float[] vectors)
    {
        int width = vectors.Length / TrialBatch.Count;
        if (states.Length != width * TrialBatch.Count * TrialBatch.Length)
        {
            return null;
        }

        foreach (PoolingMode mode in Enum.GetValues<PoolingMode>())
        {
            double[] pooled = Pool(states, width, mode);
            if (Same(pooled, vectors))
            {
                return (mode, false);
            }

            if (Same(Normalized(pooled, width), vectors))
            {
                return (mode, true);
            }
        }

        return null;
    }

    private static bool Same(double[] expected, float[] actual)
    {
        double largest = Math.Max(1e-3, expected.Max(Math.Abs));
        return expected.Zip(actual).All(pair => Math.Abs(pair.First - pair.Second) <= Tolerance * largest);
    }

    private static double[] Pool(float[] states, int width, PoolingMode mode)
    {
        double[] pooled = new double[TrialBatch.Count * width];
        for (int text = 0; text < TrialBatch.Count; text++)
        {
            int tokens = Enumerable.Range(0, TrialBatch.Length).Count(position => TrialBatch.IsToken(text, position));
            for (int i = 0; i < width; i++)
            {
                double[] column = [.. Enumerable.Range(0, tokens).Select(position => (double)states[(((text * TrialBatch.Length) + position) * width) + i])];
                pooled[(text * width) + i] = mode switch
                {
                    PoolingMode.Mean => column.Average(),
                    PoolingMode.Cls => column[0],
                    PoolingMode.Last => column[^1],
                    PoolingMode.Max => column.Max(),
                    PoolingMode.WeightedMean => column.Select((state, place) => state * (place + 1)).Sum() / (tokens * (tokens + 1) / 2.0),
                    _ => column.Sum() / Math.Sqrt(tokens),
                };
            }
        }

        return pooled;
    }

    private static double[] Normalized(double[] vectors, int width) =>
        [.. vectors.Select((number, i) => number / Math.Sqrt(vectors.Skip(i / width * width).Take(width).Sum(other => other * other)))];
}
