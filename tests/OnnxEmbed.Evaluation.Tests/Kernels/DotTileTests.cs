using OnnxEmbed.Evaluation.Kernels;

namespace OnnxEmbed.Evaluation.Tests.Kernels;

public sealed class DotTileTests
{
    [Theory]
    [InlineData(1, 1)]
    [InlineData(3, 7)]
    [InlineData(4, 8)]
    [InlineData(5, 9)]
    [InlineData(13, 65)]
    [InlineData(128, 384)]
    public void Multiply_PaddedRows_EqualsScalarSum(int rows, int width)
    {
        EmbeddingMatrix a = RandomEmbeddings.Blobs(rows, width, 1, 1, 1).Embeddings, b = RandomEmbeddings.Blobs(rows + 2, width, 1, 1,
            2).Embeddings;
        double[] means = ColumnMoments.Means(b, 1);
        PackedRows left = new(rows, width), right = new(rows + 2, width);
        left.Load(a, null, 0, rows, null);
        right.Load(b, null, 0, rows + 2, means);
        double[] products = new double[left.PaddedCount * right.PaddedCount];
        DotTile.Multiply(left.Values, left.PaddedCount, right.Values, right.PaddedCount, left.PaddedWidth, products);
        for (int i = 0; i < rows; i++)
        {
            for (int j = 0; j < rows + 2; j++)
            {
                double expected = 0;
                for (int c = 0; c < width; c++)
                    expected += a.Row(i)[c] * (b.Row(j)[c] - means[c]);
                Close.Equal(expected, products[(i * right.PaddedCount) + j], 1e-11);
            }
        }
    }
}
