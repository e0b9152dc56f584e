using OnnxEmbed.Evaluation.Projections;
using OnnxEmbed.Evaluation.Statistics;
using OnnxEmbed.Tensors;

namespace OnnxEmbed.Evaluation.Tests.Projections;

public sealed class PcaTests
{
    [Fact]
    public void Project_StretchedAxes_FindsThemInOrder()
    {
        // Columns of standard deviation 1, 5 and 3, shifted: components are the axes themselves.
        RandomStream random = new(1);
        float[] values = [.. Enumerable.Range(0, 3000).Select(i => (float)((random.NextNormal() * new[] { 1, 5, 3 }[i % 3]) + 40))];
        EmbeddingMatrix embeddings = new(values, 1000, 3);
        Projection projection = Pca.Project(embeddings, 2, 2);
        Close.Equal(25 / 35.0, projection.ExplainedRatios[0], 0.03);
        Close.Equal(9 / 35.0, projection.ExplainedRatios[1], 0.03);
        double mean = Enumerable.Range(0, 1000).Average(row => (double)embeddings.Row(row)[1]);
        for (int row = 0; row < 1000; row++)
            Assert.Equal(embeddings.Row(row)[1] - mean, projection.Axis(0)[row], 0.6);
        Assert.Equal(0, projection.Axis(1).Average(), 1e-9);
        Assert.Equal(0, projection.Axis(0).Zip(projection.Axis(1), (a, b) => a * b).Average(), 1e-9);
    }

    [Fact]
    public void Project_AnyDegreeOrOrderOfSign_SamePicture()
    {
        EmbeddingMatrix embeddings = RandomEmbeddings.Blobs(400, 20, 3, 0.5, 2).Embeddings;
        Assert.Equal(Pca.Project(embeddings, 2, 1).Points, Pca.Project(embeddings, 2, 3).Points);
        EmbeddingMatrix mirrored = RandomEmbeddings.Map(embeddings, (value, _) => -value);
        Close.Equal(Pca.Project(embeddings, 2, 1).Axis(0), Pca.Project(mirrored, 2, 1).Axis(0).Select(value => -value).ToArray(), 1e-9);
    }

    [Fact]
    public void Project_WiderThanExact_EqualsTheCovarianceOfItsNonZeroColumns()
    {
        // The same points among zero columns: subspace iteration must find what the decomposition finds.
        EmbeddingMatrix narrow = RandomEmbeddings.Blobs(300, 30, 4, 0.6, 3).Embeddings;
        float[] wide = new float[300 * 1100];
        for (int row = 0; row < 300; row++)
            narrow.Row(row).CopyTo(wide.AsSpan((row * 1100) + 500));
        Projection expected = Pca.Project(narrow, 2, 2), actual = Pca.Project(new EmbeddingMatrix(wide, 300, 1100), 2, 2);
        Close.Equal(expected.Points, actual.Points, 1e-5);
        Close.Equal(expected.ExplainedRatios, actual.ExplainedRatios, 1e-8);
    }

    [Fact]
    public void Project_TooManyDimensions_SaysTheRange() => Assert.Equal("PCA: needs 1 to 3 dimensions, got 4",
        Assert.Throws<OptionException>(() => Pca.Project(new EmbeddingMatrix(new float[6], 2, 3), 4, 1)).Message);
}
