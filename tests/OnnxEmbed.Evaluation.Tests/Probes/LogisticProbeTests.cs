using OnnxEmbed.Evaluation.Clustering;
using OnnxEmbed.Evaluation.Kernels;
using OnnxEmbed.Evaluation.Probes;
using OnnxEmbed.Evaluation.Statistics;

namespace OnnxEmbed.Evaluation.Tests.Probes;

public sealed class LogisticProbeTests
{
    [Theory]
    [InlineData(2, false)]
    [InlineData(4, false)]
    [InlineData(2, true)]
    [InlineData(4, true)]
    public void Objective_AnyPoint_GradientEqualsFiniteDifferences(int classes, bool standardize)
    {
        (EmbeddingMatrix embeddings, int[] labels) = RandomEmbeddings.Blobs(200, 5, classes, 1, 1);
        double[] means = ColumnMoments.Means(embeddings, 1);
        double[]? scales = standardize ? [1, 2, 0.5, 3, 1] : null;
        LogisticObjective objective = new(embeddings, LabelSet.Encode(labels), means, scales, 0.7, 2);
        RandomStream random = new(3);
        double[] point = [.. Enumerable.Range(0, objective.Length).Select(_ => random.NextNormal())];
        double[] gradient = new double[point.Length], ignored = new double[point.Length];
        objective.Evaluate(point, gradient);
        for (int i = 0; i < point.Length; i++)
        {
            double Shifted(double step)
            {
                double[] moved = [.. point];
                moved[i] += step;
                return objective.Evaluate(moved, ignored);
            }

            Close.Equal((Shifted(1e-5) - Shifted(-1e-5)) / 2e-5, gradient[i], 1e-6);
        }
    }

    [Fact]
    public void Fit_Standardized_IsTheSameForScaledColumns()
    {
        (EmbeddingMatrix embeddings, int[] labels) = RandomEmbeddings.Blobs(150, 4, 3, 1.5, 2);
        EmbeddingMatrix scaled = RandomEmbeddings.Map(embeddings, (value, column) => value * (column == 1 ? 64 : 0.25f));
        LogisticOptions options = new() { Standardize = true };
        Close.Equal(LogisticProbe.Fit(embeddings, labels, options).LogLoss(embeddings, labels),
            LogisticProbe.Fit(scaled, labels, options).LogLoss(scaled, labels), 1e-8);
        Assert.NotEqual(LogisticProbe.Fit(embeddings, labels, new()).LogLoss(embeddings, labels),
            LogisticProbe.Fit(scaled, labels, new()).LogLoss(scaled, labels), 1e-3);
    }

    [Fact]
    public void Fit_SeparableLabels_IsPerfectAndKeepsLabelNames()
    {
        (EmbeddingMatrix embeddings, int[] labels) = RandomEmbeddings.Blobs(120, 6, 3, 0.05, 4);
        int[] named = [.. labels.Select(label => 10 * (label - 1))];
        LogisticProbe probe = LogisticProbe.Fit(embeddings, named, new LogisticOptions { InverseRegularization = 100 });
        Assert.Equal([-10, 0, 10], probe.Classes);
        Assert.Equal(named, probe.Predict(embeddings));
        Assert.True(probe.Converged);
        double[] probabilities = probe.Probabilities(embeddings, 2);
        Close.Equal(1, probabilities[..3].Sum(), 1e-12);
    }

    [Fact]
    public void Fit_AnyDegree_SameBits()
    {
        (EmbeddingMatrix embeddings, int[] labels) = RandomEmbeddings.Blobs(500, 6, 3, 2, 4);
        Assert.Equal(LogisticProbe.Fit(embeddings, labels, new()).Weights,
            LogisticProbe.Fit(embeddings, labels, new LogisticOptions { Degree = 3 }).Weights);
    }

    [Fact]
    public void Fit_OneClass_SaysWhatIsNeeded() => Assert.Equal("logistic regression: needs at least 2 classes, got 1",
        Assert.Throws<EvaluationException>(() => LogisticProbe.Fit(new EmbeddingMatrix(new float[2], 2, 1), [1, 1], new())).Message);
}
