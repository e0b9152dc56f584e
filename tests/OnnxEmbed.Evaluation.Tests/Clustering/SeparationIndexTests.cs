using CsCheck;
using OnnxEmbed.Evaluation.Clustering;

namespace OnnxEmbed.Evaluation.Tests.Clustering;

public sealed class SeparationIndexTests
{
    [Fact]
    public void Scores_ScaledMirroredRenamed_AreTheSame()
    {
        Gen.Select(Gen.Int[8, 60], Gen.Int[1, 9], Gen.Int[2, 5], Gen.ULong).Sample((rows, width, labelCount, seed) =>
        {
            (EmbeddingMatrix embeddings, int[] labels) = RandomEmbeddings.Blobs(rows, width, labelCount, 1, seed);
            int[] renamed = [.. labels.Select(label => 7 - label)];
            EmbeddingMatrix changed = RandomEmbeddings.Map(embeddings, (value, column) => column == 0 ? -4 * value : 4 * value);
            double daviesBouldin = DaviesBouldin.Score(embeddings, labels, 1), calinskiHarabasz = CalinskiHarabasz.Score(embeddings,
                labels, 1);
            Assert.True(daviesBouldin > 0 && calinskiHarabasz > 0);
            Close.Equal(daviesBouldin, DaviesBouldin.Score(changed, renamed, 1), 1e-10);
            Close.Equal(calinskiHarabasz, CalinskiHarabasz.Score(changed, renamed, 1), 1e-10);
        }, iter: 60);
    }

    [Fact]
    public void Scores_NoSpread_AreThoseOfTheReference()
    {
        EmbeddingMatrix embeddings = new(new float[] { 1, 1, 5, 5 }, 4, 1);
        Assert.Equal(0, DaviesBouldin.Score(embeddings, [0, 0, 1, 1], 1));
        Assert.Equal(1, CalinskiHarabasz.Score(embeddings, [0, 0, 1, 1], 1));
    }

    [Fact]
    public void DaviesBouldin_CoincidentCentroids_LeavesThePairOut()
    {
        // Labels 0 and 1 share the centre 0; label 2 is at 10 with spread 1, so each pair with it is (1 + 1) / 10 or (2 + 1) / 10.
        EmbeddingMatrix embeddings = new(new float[] { -1, 1, -2, 2, 9, 11 }, 6, 1);
        Close.Equal(((2.0 / 10) + (3.0 / 10) + (3.0 / 10)) / 3, DaviesBouldin.Score(embeddings, [0, 0, 1, 1, 2, 2], 1), 1e-12);
    }

    [Fact]
    public void Scores_OneLabel_SayWhatIsNeeded()
    {
        EmbeddingMatrix embeddings = new(new float[] { 1, 2, 3 }, 3, 1);
        Assert.Equal("Davies-Bouldin: needs 2 to n - 1 = 2 distinct labels, got 1",
            Assert.Throws<EvaluationException>(() => DaviesBouldin.Score(embeddings, [0, 0, 0], 1)).Message);
        Assert.Equal("Calinski-Harabasz: needs 2 to n - 1 = 2 distinct labels, got 3",
            Assert.Throws<EvaluationException>(() => CalinskiHarabasz.Score(embeddings, [0, 1, 2], 1)).Message);
    }
}
