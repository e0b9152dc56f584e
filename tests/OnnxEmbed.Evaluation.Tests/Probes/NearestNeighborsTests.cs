using OnnxEmbed.Evaluation.Probes;
using OnnxEmbed.Evaluation.Tests.Clustering;
using OnnxEmbed.Tensors;

namespace OnnxEmbed.Evaluation.Tests.Probes;

public sealed class NearestNeighborsTests
{
    [Theory]
    [InlineData(50, 20, 3, 1, false)]
    [InlineData(300, 150, 9, 5, false)]
    [InlineData(300, 150, 9, 7, true)]
    public void Find_RandomRows_EqualSorting(int train, int test, int width, int neighbors, bool cosine)
    {
        EmbeddingMatrix known = RandomEmbeddings.Blobs(train, width, 3, 1, 1).Embeddings, asked = RandomEmbeddings.Blobs(test, width,
            3, 1, 2).Embeddings;
        int[] found = NearestNeighbors.Find(known, asked, neighbors, cosine, 2);
        for (int row = 0; row < test; row++)
        {
            float[] x = asked.Row(row).ToArray();
            IEnumerable<int> expected = Enumerable.Range(0, train)
                .OrderBy(item => cosine
                    ? ReferenceSilhouette.Cosine(x, known.Row(item).ToArray())
                    : ReferenceSilhouette.Squared(x, known.Row(item).ToArray()))
                .Take(neighbors);
            Assert.Equal(expected, found[(row * neighbors)..((row + 1) * neighbors)]);
        }
    }

    [Fact]
    public void Predict_TiedVote_TakesSmallestLabel()
    {
        EmbeddingMatrix train = new(new float[] { 1, 2, 8, 9 }, 4, 1);
        Assert.Equal([3], NearestNeighbors.Predict(train, [7, 7, 3, 3], new EmbeddingMatrix(new[] { 4f }, 1, 1), 4, cosine: false, 1));
        Assert.Equal([7], NearestNeighbors.Predict(train, [7, 7, 3, 3], new EmbeddingMatrix(new[] { 4f }, 1, 1), 3, cosine: false, 1));
    }

    [Fact]
    public void Predict_WrongInputs_SayWhatIsNeeded()
    {
        EmbeddingMatrix train = new(new float[] { 1, 2 }, 2, 1);
        Assert.Equal("k-NN: needs at least 3 training items, got 2",
            Assert.Throws<EvaluationException>(() => NearestNeighbors.Predict(train, [0, 1], train, 3, false, 1)).Message);
        Assert.Equal("k-NN: needs embeddings of width 1, got 2",
            Assert.Throws<EvaluationException>(() => NearestNeighbors.Predict(train, [0, 1], new(new float[2], 1, 2), 1, false,
                1)).Message);
        Assert.Throws<OptionException>(() => NearestNeighbors.Predict(train, [0, 1], train, 0, false, 1));
    }
}
