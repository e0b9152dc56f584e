using System.Numerics.Tensors;
using OnnxEmbed.Evaluation.Kernels;
using OnnxEmbed.Evaluation.Statistics;

namespace OnnxEmbed.Evaluation.Clustering;

/// <summary>
/// Greedy k-means++: the first centre is a uniform row; each next one is the best of 2 + ⌊ln k⌋ rows drawn in proportion to the squared
/// distance to the nearest centre so far. D. Arthur and S. Vassilvitskii, "k-means++: the advantages of careful seeding", SODA 2007, §5.
/// </summary>
internal static class KMeansPlusPlus
{
    public static double[] Norms(EmbeddingMatrix embeddings, double[] means, int degree)
    {
        double[] norms = new double[embeddings.Rows];
        RowBlocks.ForRows(embeddings.Rows, degree, () => new PackedRows(RowBlocks.Size, embeddings.Width), (start, count, rows) =>
        {
            rows.Load(embeddings, null, start, count, means);
            for (int i = 0; i < count; i++)
                norms[start + i] = TensorPrimitives.SumOfSquares<double>(rows.Row(i));
        });
        return norms;
    }

    public static int[] Choose(EmbeddingMatrix embeddings, double[] means, double[] norms, int clusters, RandomStream random, int degree)
    {
        int n = embeddings.Rows;
        int trials = 2 + (int)Math.Log(clusters);
        int[] chosen = new int[clusters];
        chosen[0] = random.NextInt(n);
        double[] closest = new double[n];
        Array.Fill(closest, double.PositiveInfinity);
        double[][] candidates = [closest, .. Enumerable.Range(0, trials).Select(_ => new double[n])];
        double[] potentials = Distances(embeddings, means, norms, chosen.AsSpan(0, 1).ToArray(), candidates, degree);
        Array.Copy(candidates[1], closest, n);
        double potential = potentials[0];
        int[] tried = new int[trials];
        for (int cluster = 1; cluster < clusters; cluster++)
        {
            for (int trial = 0; trial < trials; trial++)
                tried[trial] = Draw(closest, random.NextDouble() * potential);
            potentials = Distances(embeddings, means, norms, tried, candidates, degree);
            int best = TensorPrimitives.IndexOfMin<double>(potentials);
            (candidates[0], candidates[best + 1]) = (candidates[best + 1], candidates[0]);
            closest = candidates[0];
            potential = potentials[best];
            chosen[cluster] = tried[best];
        }

        return chosen;
    }

    // The first row whose running sum of squared distances reaches the value.
    private static int Draw(double[] weights, double value)
    {
        double sum = 0;
        for (int i = 0; i < weights.Length; i++)
        {
            sum += weights[i];
            if (sum >= value && weights[i] > 0)
                return i;
        }

        return weights.Length - 1;
    }

    // candidates[1 + t] = min(candidates[0], squared distance to row rows[t]); the sums over all rows are returned.
    private static double[] Distances(
        EmbeddingMatrix embeddings, double[] means, double[] norms, int[] rows, double[][] candidates, int degree)
    {
        PackedRows centers = new(rows.Length, embeddings.Width);
        centers.Load(embeddings, rows, 0, rows.Length, means);
        int stride = centers.PaddedCount;
        return RowBlocks.Sum(embeddings.Rows, rows.Length, degree,
            () => (Rows: new PackedRows(RowBlocks.Size, embeddings.Width), Products: new double[RowBlocks.Size * stride]),
            (start, count, buffers, partial) =>
            {
                buffers.Rows.Load(embeddings, null, start, count, means);
                DotTile.Multiply(buffers.Rows, centers, buffers.Products);
                for (int trial = 0; trial < rows.Length; trial++)
                {
                    double[] target = candidates[trial + 1];
                    for (int i = start; i < start + count; i++)
                    {
                        double square = norms[i] + norms[rows[trial]] - (2 * buffers.Products[((i - start) * stride) + trial]);
                        target[i] = i == rows[trial] ? 0 : Math.Min(candidates[0][i], Math.Max(square, 0));
                        partial[trial] += target[i];
                    }
                }
            });
    }
}
