using OnnxEmbed.Evaluation.Statistics;

namespace OnnxEmbed.Evaluation.Tests;

/// <summary>Seeded embeddings: labels 0..k-1 in turn, each around its own centre.</summary>
internal static class RandomEmbeddings
{
    public static (EmbeddingMatrix Embeddings, int[] Labels) Blobs(int rows, int width, int labels, double spread, ulong seed)
    {
        RandomStream random = new(seed);
        double[] centers = [.. Enumerable.Range(0, labels * width).Select(_ => random.NextNormal())];
        float[] values = new float[rows * width];
        int[] label = new int[rows];
        for (int row = 0; row < rows; row++)
        {
            label[row] = row % labels;
            for (int column = 0; column < width; column++)
                values[(row * width) + column] = (float)(centers[(label[row] * width) + column] + (spread * random.NextNormal()));
        }

        return (new EmbeddingMatrix(values, rows, width), label);
    }

    public static EmbeddingMatrix Map(EmbeddingMatrix source, Func<float, int, float> change)
    {
        float[] values = source.Values.ToArray();
        for (int i = 0; i < values.Length; i++)
            values[i] = change(values[i], i % source.Width);
        return new EmbeddingMatrix(values, source.Rows, source.Width);
    }
}
