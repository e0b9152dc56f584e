namespace OnnxEmbed.Evaluation.Tests;

public sealed class MetricsTests
{
    [Fact]
    public void All_Entries_HaveNameTitleExplanationAndSource()
    {
        Assert.Equal(Metrics.All.Count, Metrics.All.Select(metric => metric.Name).Distinct().Count());
        Assert.All(Metrics.All, metric =>
        {
            Assert.Matches("^[a-z][a-z_]+$", metric.Name);
            Assert.True(metric.Title.Length > 3 && metric.Explanation.Length > 20 && metric.Source.Scheme == "https");
        });
    }

    [Fact]
    public void Named_Unknown_ListsKnown() => Assert.StartsWith(
        "metric: needs one of silhouette_euclidean, silhouette_cosine, ",
        Assert.Throws<Tensors.OptionException>(() => Metrics.Named("silhouete")).Message,
        StringComparison.Ordinal);

    [Fact]
    public void EmbeddingMatrix_NotFinite_SaysWhere() => Assert.Equal("embeddings: needs finite values, got NaN in row 1, column 0",
        Assert.Throws<EvaluationException>(() => new EmbeddingMatrix(new[] { 1, 2, float.NaN, float.PositiveInfinity }, 2, 2)).Message);

    [Fact]
    public void EmbeddingMatrix_WrongLength_SaysBoth() => Assert.Equal("embeddings: needs 2 x 3 = 6 values, got 5",
        Assert.Throws<EvaluationException>(() => new EmbeddingMatrix(new float[5], 2, 3)).Message);
}
