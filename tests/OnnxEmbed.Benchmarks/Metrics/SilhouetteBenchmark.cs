using System.Diagnostics;
using System.Globalization;
using OnnxEmbed.Benchmarks.Measuring;
using OnnxEmbed.Evaluation;
using OnnxEmbed.Evaluation.Clustering;

namespace OnnxEmbed.Benchmarks.Metrics;

/// <summary>The silhouette here and written down plainly, taking turns on the same embeddings.</summary>
internal static class SilhouetteBenchmark
{
    private const int Width = 384;
    private const int Clusters = 16;

    public static void Run(int threads, int rounds, int steps)
    {
        Console.WriteLine($"Silhouette, Euclidean, {Width} dimensions, {Clusters} clusters (the plain one runs on one thread)");
        Table table = new("rows", "onnxembed ms", "1 thread ms", "plain ms", "times faster", "1 thread", "difference");
        foreach (int rows in (int[])[1000, 3000])
        {
            (float[] values, int[] labels) = Sample(rows);
            EmbeddingMatrix embeddings = new(values, rows, Width);
            List<double> ours = [];
            List<double> single = [];
            List<double> plain = [];
            double difference = 0;
            for (int round = 0; round < rounds; round++)
            {
                double fast = 0;
                double slow = 0;
                ours.Add(Time(() => fast = Silhouette.Score(embeddings, labels, SilhouetteDistance.Euclidean, threads)));
                single.Add(Time(() => fast = Silhouette.Score(embeddings, labels, SilhouetteDistance.Euclidean, 1)));
                plain.Add(Time(() => slow = PlainSilhouette.Score(values, rows, Width, labels)));
                difference = Math.Max(difference, Math.Abs(fast - slow));
            }

            (double own, double one, double other) = (Numbers.Median(ours), Numbers.Median(single), Numbers.Median(plain));
            table.Row(
                $"{rows}",
                Numbers.Text(own),
                Numbers.Text(one),
                Numbers.Text(other),
                Numbers.Text(other / own),
                Numbers.Text(other / one),
                difference.ToString("E1", CultureInfo.InvariantCulture));
        }

        table.Write(Console.Out);
    }

    private static (float[] Values, int[] Labels) Sample(int rows)
    {
        Random random = new(1);
        float[] centers = new float[Clusters * Width];
        for (int i = 0; i < centers.Length; i++)
        {
            centers[i] = random.NextSingle();
        }

        float[] values = new float[rows * Width];
        int[] labels = new int[rows];
        for (int row = 0; row < rows; row++)
        {
            labels[row] = row % Clusters;
            for (int k = 0; k < Width; k++)
            {
                values[(row * Width) + k] = centers[(labels[row] * Width) + k] + (2 * random.NextSingle());
            }
        }

        return (values, labels);
    }

    private static double Time(Action work)
    {
        long start = Stopwatch.GetTimestamp();
        work();
        return Stopwatch.GetElapsedTime(start).TotalMilliseconds;
    }
}
