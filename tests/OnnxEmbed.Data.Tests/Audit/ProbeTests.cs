using CsCheck;
using OnnxEmbed.Data.Audit;

namespace OnnxEmbed.Data.Tests.Audit;

public sealed class ProbeTests
{
    [Fact]
    public void AreaUnderCurve_RandomScoresWithTies_IsTheShareOfOrderedPairs()
    {
        Gen<(int, bool)[]> bothClasses =
            Gen.Select(Gen.Int[0, 5], Gen.Bool).Array[2, 40].Where(rows => rows.Any(row => row.Item2) && rows.Any(row => !row.Item2));
        bothClasses.Sample(rows =>
        {
            double sum = 0;
            int pairs = 0;
            foreach ((int positive, _) in rows.Where(row => row.Item2))
            {
                foreach ((int negative, _) in rows.Where(row => !row.Item2))
                {
                    sum += positive > negative ? 1 : positive == negative ? 0.5 : 0;
                    pairs++;
                }
            }

            double auc = AreaUnderCurve.Of([.. rows.Select(row => (double)row.Item1)], [.. rows.Select(row => row.Item2)]);
            Assert.Equal(sum / pairs, auc, 12);
        });
    }

    [Fact]
    public void AreaUnderCurve_OneClassOnly_IsNaN() => Assert.True(double.IsNaN(AreaUnderCurve.Of([1, 2], [true, true])));

    [Fact]
    public void LogisticProbe_Fit_ReachesTheOptimumOfItsObjective()
    {
        // At the optimum of standardised features the gradient of the penalised loss is zero: checked by finite differences of scores.
        SeededRandom random = new(5);
        double[][] features = [.. Enumerable.Range(0, 300).Select(_ => new[] { random.Unit(), random.Unit() * 7, 3.0 })];
        bool[] labels = [.. features.Select(row => row[0] + (row[1] / 7) + random.Unit() > 1.5)];
        LogisticProbe probe = LogisticProbe.Fit(features, labels);
        double[] mean = [.. Enumerable.Range(0, 2).Select(i => features.Average(row => row[i]))];
        double[] deviation = [.. Enumerable.Range(0, 2).Select(i => Math.Sqrt(features.Average(row => Math.Pow(row[i] - mean[i], 2))))];
        double intercept = probe.Score([mean[0], mean[1], 3]);
        double[] weights =
        [
            probe.Score([mean[0] + deviation[0], mean[1], 3]) - intercept,
            probe.Score([mean[0], mean[1] + deviation[1], 3]) - intercept,
        ];
        double[] gradient = [.. weights, 0];
        for (int r = 0; r < features.Length; r++)
        {
            double error = (1 / (1 + Math.Exp(-probe.Score(features[r])))) - (labels[r] ? 1 : 0);
            gradient[0] += error * (features[r][0] - mean[0]) / deviation[0];
            gradient[1] += error * (features[r][1] - mean[1]) / deviation[1];
            gradient[2] += error;
        }

        Assert.All(gradient, value => Assert.InRange(value, -1e-6, 1e-6));
        Assert.True(weights.All(weight => weight > 0.5));
    }

    [Fact]
    public void BoostedTrees_ExclusiveOrOfTwoThresholds_IsFound()
    {
        SeededRandom random = new(6);
        double[][] features = [.. Enumerable.Range(0, 2_000).Select(_ => new[] { random.Unit(), random.Unit(), random.Unit() })];
        bool[] labels = [.. features.Select(row => (row[0] > 0.4) != (row[1] > 0.6))];
        BoostedTrees trees = BoostedTrees.Fit(features[..1_500], labels[..1_500]);
        LogisticProbe line = LogisticProbe.Fit(features[..1_500], labels[..1_500]);
        Assert.InRange(AreaUnderCurve.Of([.. features[1_500..].Select(trees.Score)], labels.AsSpan(1_500)), 0.98, 1);
        Assert.InRange(AreaUnderCurve.Of([.. features[1_500..].Select(line.Score)], labels.AsSpan(1_500)), 0.4, 0.65);
    }

    [Fact]
    public void BoostedTrees_Noise_IsNotPredicted()
    {
        SeededRandom random = new(7);
        double[][] features = [.. Enumerable.Range(0, 3_000).Select(_ => new[] { random.Unit(), random.Unit() })];
        bool[] labels = [.. features.Select(_ => random.Coin())];
        BoostedTrees trees = BoostedTrees.Fit(features[..1_500], labels[..1_500]);
        Assert.InRange(AreaUnderCurve.Of([.. features[1_500..].Select(trees.Score)], labels.AsSpan(1_500)), 0.44, 0.56);
    }

    [Fact]
    public void DigitCounts_SmallSequence_AreSharesOfPlaces()
    {
        double[] counts = AuditFeatures.DigitCounts([12, 307]);
        Assert.Equal(29, counts.Length);
        Assert.Equal(1.0 / 5, counts[0], 12);
        Assert.Equal(1.0 / 5, counts[7], 12);
        Assert.Equal(0.5, counts[10 + 2], 12);
        Assert.Equal(0.5, counts[10 + 7], 12);
        Assert.Equal(0.5, counts[19 + 1], 12);
        Assert.Equal(0.5, counts[19 + 3], 12);
        Assert.Equal(3, counts.Sum(), 12);
    }

    [Fact]
    public void Magnitudes_SameElementsInAnotherOrder_AreTheSame() =>
        Assert.Equal(AuditFeatures.Magnitudes([100, 10, 1000], 13), AuditFeatures.Magnitudes([1000, 100, 10], 13));
}
