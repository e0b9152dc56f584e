namespace OnnxEmbed.Evaluation.Tests.Clustering;

/// <summary>The definition, one pair of items at a time.</summary>
internal static class ReferenceSilhouette
{
    public static double[] Samples(EmbeddingMatrix embeddings, int[] labels, Func<float[], float[], double> distance)
    {
        float[][] rows = [.. Enumerable.Range(0, embeddings.Rows).Select(row => embeddings.Row(row).ToArray())];
        double[] silhouettes = new double[rows.Length];
        for (int i = 0; i < rows.Length; i++)
        {
            var means = Enumerable.Range(0, rows.Length).Where(j => j != i)
                .GroupBy(j => labels[j])
                .ToDictionary(group => group.Key, group => group.Average(j => distance(rows[i], rows[j])));
            if (!means.TryGetValue(labels[i], out double a))
                continue;
            double b = means.Where(mean => mean.Key != labels[i]).Min(mean => mean.Value);
            silhouettes[i] = Math.Max(a, b) == 0 ? 0 : (b - a) / Math.Max(a, b);
        }

        return silhouettes;
    }

    public static double Euclidean(float[] x, float[] y) => Math.Sqrt(Squared(x, y));

    public static double Squared(float[] x, float[] y) => x.Zip(y, (a, b) => ((double)a - b) * ((double)a - b)).Sum();

    public static double Cosine(float[] x, float[] y)
    {
        double xx = x.Sum(a => (double)a * a), yy = y.Sum(b => (double)b * b);
        return xx == 0 || yy == 0 ? 1 : 1 - (x.Zip(y, (a, b) => (double)a * b).Sum() / Math.Sqrt(xx * yy));
    }
}
