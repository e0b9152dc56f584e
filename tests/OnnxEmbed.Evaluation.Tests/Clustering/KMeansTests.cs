using OnnxEmbed.Evaluation.Clustering;
using OnnxEmbed.Tensors;

namespace OnnxEmbed.Evaluation.Tests.Clustering;

public sealed class KMeansTests
{
    [Fact]
    public void Fit_SeparatedBlobs_FindsThem()
    {
        (EmbeddingMatrix embeddings, int[] labels) = RandomEmbeddings.Blobs(500, 12, 6, 0.1, 1);
        KMeansResult result = KMeans.Fit(embeddings, new KMeansOptions { Clusters = 6, Seed = 9, Degree = 2 });
        Assert.Equal(1, ClusterAgreement.AdjustedRand(labels, result.Labels));
        Assert.True(result.Converged);
    }

    [Fact]
    public void Fit_SameSeedAnyDegree_SameBits()
    {
        (EmbeddingMatrix embeddings, _) = RandomEmbeddings.Blobs(900, 12, 6, 1.5, 2);
        KMeansOptions options = new() { Clusters = 7, Restarts = 3, Seed = 4 };
        KMeansResult expected = KMeans.Fit(embeddings, options);
        KMeansResult actual = KMeans.Fit(embeddings, options with { Degree = 5 });
        Assert.Equal(expected.Labels, actual.Labels);
        Assert.Equal(expected.Centers, actual.Centers);
        Assert.Equal(expected.Inertia, actual.Inertia);
        Assert.NotEqual(expected.Labels, KMeans.Fit(embeddings, options with { Seed = 5 }).Labels);
    }

    [Fact]
    public void Fit_Converged_EachRowIsNearestToItsCentreAndCentresAreMeans()
    {
        (EmbeddingMatrix embeddings, _) = RandomEmbeddings.Blobs(400, 5, 4, 1, 3);
        KMeansResult result = KMeans.Fit(embeddings, new KMeansOptions { Clusters = 4, Tolerance = 0 });
        double inertia = 0;
        for (int row = 0; row < 400; row++)
        {
            double[] squares = [.. Enumerable.Range(0, 4).Select(cluster => Enumerable.Range(0, 5)
                .Sum(column => Math.Pow(embeddings.Row(row)[column] - result.Centers[(cluster * 5) + column], 2)))];
            Assert.Equal(squares.Min(), squares[result.Labels[row]]);
            inertia += squares.Min();
        }

        Close.Equal(inertia, result.Inertia, 1e-10);
        for (int cluster = 0; cluster < 4; cluster++)
        {
            int[] members = [.. Enumerable.Range(0, 400).Where(row => result.Labels[row] == cluster)];
            Close.Equal(members.Average(row => (double)embeddings.Row(row)[2]), result.Centers[(cluster * 5) + 2], 1e-10);
        }
    }

    [Fact]
    public void Fit_MoreRestarts_NeverRaisesInertia()
    {
        (EmbeddingMatrix embeddings, _) = RandomEmbeddings.Blobs(300, 3, 8, 0.9, 8);
        double one = KMeans.Fit(embeddings, new KMeansOptions { Clusters = 8, Restarts = 1 }).Inertia;
        double ten = KMeans.Fit(embeddings, new KMeansOptions { Clusters = 8, Restarts = 10 }).Inertia;
        Assert.True(ten <= one);
    }

    [Fact]
    public void Fit_FewerDistinctPointsThanClusters_Works()
    {
        EmbeddingMatrix embeddings = new(new float[] { 1, 1, 1, 5, 5, 5 }, 6, 1);
        KMeansResult result = KMeans.Fit(embeddings, new KMeansOptions { Clusters = 4 });
        Assert.Equal(0, result.Inertia);
        Assert.Equal(1, result.Centers[result.Labels[0]]);
        Assert.Equal(5, result.Centers[result.Labels[3]]);
    }

    [Fact]
    public void Fit_WrongOptions_NamesAllFaults()
    {
        EmbeddingMatrix embeddings = new(new float[] { 1, 2, 3 }, 3, 1);
        KMeansOptions options = new() { Clusters = 2, Restarts = 0, Tolerance = double.NaN, InitialRows = [0, 3] };
        Assert.Equal(
            "k-means: needs at least 1 restart, got 0; needs a tolerance of 0 or more, got NaN; needs initial rows in [0, 2], got 3",
            Assert.Throws<OptionException>(() => KMeans.Fit(embeddings, options)).Message);
        Assert.Equal("k-means: needs at least as many rows as clusters (4), got 3",
            Assert.Throws<EvaluationException>(() => KMeans.Fit(embeddings, new KMeansOptions { Clusters = 4 })).Message);
    }
}
