using CsCheck;
using OnnxEmbed.Evaluation.Clustering;

namespace OnnxEmbed.Evaluation.Tests.Clustering;

public sealed class SilhouetteTests
{
    private static readonly SilhouetteDistance[] Distances = Enum.GetValues<SilhouetteDistance>();

    [Theory]
    [InlineData(7, 1, 2)]
    [InlineData(127, 9, 3)]
    [InlineData(128, 8, 2)]
    [InlineData(129, 17, 5)]
    [InlineData(400, 31, 7)]
    [InlineData(641, 3, 90)]
    public void Samples_ManySizes_EqualReference(int rows, int width, int labelCount)
    {
        (EmbeddingMatrix embeddings, int[] labels) = RandomEmbeddings.Blobs(rows, width, labelCount, 0.8, 3);
        Close.Equal(ReferenceSilhouette.Samples(embeddings, labels, ReferenceSilhouette.Euclidean),
            Silhouette.Samples(embeddings, labels, SilhouetteDistance.Euclidean, 2), 1e-9);
        Close.Equal(ReferenceSilhouette.Samples(embeddings, labels, ReferenceSilhouette.Squared),
            Silhouette.Samples(embeddings, labels, SilhouetteDistance.SquaredEuclidean, 2), 1e-9);
        Close.Equal(ReferenceSilhouette.Samples(embeddings, labels, ReferenceSilhouette.Cosine),
            Silhouette.Samples(embeddings, labels, SilhouetteDistance.Cosine, 2), 1e-9);
    }

    [Fact]
    public void Samples_SumsTooManyToKeep_EqualThoseKept()
    {
        (EmbeddingMatrix embeddings, int[] labels) = RandomEmbeddings.Blobs(300, 5, 4, 1, 4);
        LabelSet set = LabelSet.Encode(labels);
        Close.Equal(EuclideanSilhouette.Samples(embeddings, set, 2), EuclideanSilhouette.Samples(embeddings, set, 2, maxKeptSums: 0),
            1e-12);
    }

    [Fact]
    public void Samples_AnyDegree_SameBits()
    {
        (EmbeddingMatrix embeddings, int[] labels) = RandomEmbeddings.Blobs(700, 20, 4, 1, 5);
        foreach (SilhouetteDistance distance in Distances)
        {
            double[] expected = Silhouette.Samples(embeddings, labels, distance, 1);
            Assert.Equal(expected, Silhouette.Samples(embeddings, labels, distance, 2));
            Assert.Equal(expected, Silhouette.Samples(embeddings, labels, distance, 7));
        }
    }

    [Fact]
    public void Samples_FromDistances_EqualEuclidean()
    {
        (EmbeddingMatrix embeddings, int[] labels) = RandomEmbeddings.Blobs(40, 3, 3, 1, 6);
        double[] distances = [.. Enumerable.Range(0, 40).SelectMany(i => Enumerable.Range(0, 40).Select(j =>
            ReferenceSilhouette.Euclidean(embeddings.Row(i).ToArray(), embeddings.Row(j).ToArray())))];
        Close.Equal(Silhouette.Samples(embeddings, labels, SilhouetteDistance.Euclidean, 1),
            Silhouette.SamplesFromDistances(distances, labels), 1e-9);
        distances[41] = 1e-3;
        Assert.Equal("silhouette: needs a distance of 0 from each item to itself, got 0.001 for item 1",
            Assert.Throws<EvaluationException>(() => Silhouette.SamplesFromDistances(distances, labels)).Message);
    }

    [Fact]
    public void Score_NearDuplicatesFarFromOrigin_KeepsDigits()
    {
        // Two pairs 2⁻⁸ apart at 4096: |x|² + |y|² - 2 x·y of the raw rows would keep no digit of it in single precision.
        EmbeddingMatrix embeddings = new(new[] { 4096f, 4096.00390625f, 4100f, 4100.00390625f }, 4, 1);
        Close.Equal(ReferenceSilhouette.Samples(embeddings, [0, 0, 1, 1], ReferenceSilhouette.Euclidean).Average(),
            Silhouette.Score(embeddings, [0, 0, 1, 1], SilhouetteDistance.Euclidean, 1), 1e-12);
    }

    [Theory]
    [InlineData(new[] { 4, 4, 4 }, "silhouette: needs 2 to n - 1 = 2 distinct labels, got 1")]
    [InlineData(new[] { 1, 2, 3 }, "silhouette: needs 2 to n - 1 = 2 distinct labels, got 3")]
    [InlineData(new[] { 1, 2 }, "silhouette: needs one label for each of 3 rows, got 2")]
    public void Score_WrongLabels_SaysWhatIsNeeded(int[] labels, string message)
    {
        EmbeddingMatrix embeddings = new(new float[] { 1, 2, 3 }, 3, 1);
        foreach (SilhouetteDistance distance in Distances)
            Assert.Equal(message, Assert.Throws<EvaluationException>(() => Silhouette.Score(embeddings, labels, distance, 1)).Message);
    }

    [Fact]
    public void Laws_RandomEmbeddings_Hold()
    {
        Gen.Select(Gen.Int[6, 60], Gen.Int[1, 9], Gen.Int[2, 5], Gen.ULong).Sample((rows, width, labelCount, seed) =>
        {
            (EmbeddingMatrix embeddings, int[] labels) = RandomEmbeddings.Blobs(rows, width, labelCount, 1, seed);
            int[] renamed = [.. labels.Select(label => 100 - (3 * label))];
            EmbeddingMatrix doubled = RandomEmbeddings.Map(embeddings, (value, _) => 2 * value);
            EmbeddingMatrix mirrored = RandomEmbeddings.Map(embeddings, (value, column) => column == 0 ? -value : value);
            foreach (SilhouetteDistance distance in Distances)
            {
                double[] silhouettes = Silhouette.Samples(embeddings, labels, distance, 1);
                Assert.All(silhouettes, silhouette => Assert.InRange(silhouette, -1, 1));
                Close.Equal(silhouettes, Silhouette.Samples(embeddings, renamed, distance, 1), 1e-12);
                Close.Equal(silhouettes, Silhouette.Samples(doubled, labels, distance, 1), 1e-12);
                Close.Equal(silhouettes, Silhouette.Samples(mirrored, labels, distance, 1), 1e-12);
            }
        }, iter: 60);
    }
}
