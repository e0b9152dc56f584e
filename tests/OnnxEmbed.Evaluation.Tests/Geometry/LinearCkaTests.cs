using OnnxEmbed.Evaluation.Geometry;

namespace OnnxEmbed.Evaluation.Tests.Geometry;

public sealed class LinearCkaTests
{
    [Fact]
    public void Cka_SameUpToScaleMirrorAndShift_IsOne()
    {
        EmbeddingMatrix x = RandomEmbeddings.Blobs(150, 70, 3, 1, 1).Embeddings;
        EmbeddingMatrix y = RandomEmbeddings.Map(x, (value, column) => (column == 3 ? -2 * value : 2 * value) + column);
        Close.Equal(1, LinearCka.Biased(x, y, 2), 1e-5);
        Close.Equal(1, LinearCka.Debiased(x, y, 2), 1e-5);
    }

    [Fact]
    public void Cka_IndependentEmbeddings_IsNearZeroOnlyDebiased()
    {
        EmbeddingMatrix x = RandomEmbeddings.Blobs(300, 100, 1, 1, 1).Embeddings, y = RandomEmbeddings.Blobs(300, 90, 1, 1, 2).Embeddings;
        Assert.InRange(LinearCka.Debiased(x, y, 2), -0.02, 0.02);
        Assert.True(LinearCka.Biased(x, y, 2) > 0.15);
        Close.Equal(LinearCka.Debiased(x, y, 1), LinearCka.Debiased(y, x, 2), 1e-12);
    }

    [Fact]
    public void Cka_WrongInputs_SayWhatIsNeeded()
    {
        EmbeddingMatrix x = RandomEmbeddings.Blobs(10, 2, 2, 1, 1).Embeddings, constant = new(new float[10], 10, 1);
        Assert.Equal("CKA: needs embeddings that vary, got a constant one",
            Assert.Throws<EvaluationException>(() => LinearCka.Debiased(x, constant, 1)).Message);
        Assert.Throws<EvaluationException>(() => LinearCka.Debiased(x, new EmbeddingMatrix(new float[9], 9, 1), 1));
    }
}
