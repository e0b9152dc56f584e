namespace OnnxEmbed.Benchmarks.Metrics;

/// <summary>
/// The mean silhouette written down as Rousseeuw (1987) defines it: for each item the distances to all others, their means by cluster,
/// s = (b - a) / max(a, b). Euclidean distance, accumulated in double.
/// </summary>
internal static class PlainSilhouette
{
    public static double Score(float[] values, int rows, int width, int[] labels)
    {
        int clusters = labels.Max() + 1;
        int[] sizes = new int[clusters];
        foreach (int label in labels)
        {
            sizes[label]++;
        }

        double total = 0;
        double[] sums = new double[clusters];
        for (int i = 0; i < rows; i++)
        {
            Array.Clear(sums);
            for (int j = 0; j < rows; j++)
            {
                double squared = 0;
                for (int k = 0; k < width; k++)
                {
                    double difference = (double)values[(i * width) + k] - values[(j * width) + k];
                    squared += difference * difference;
                }

                sums[labels[j]] += Math.Sqrt(squared);
            }

            int own = labels[i];
            double a = sums[own] / (sizes[own] - 1);
            double b = Enumerable.Range(0, clusters).Where(cluster => cluster != own).Min(cluster => sums[cluster] / sizes[cluster]);
            total += (b - a) / Math.Max(a, b);
        }

        return total / rows;
    }
}
