using OnnxEmbed.Evaluation.Probes;

namespace OnnxEmbed.Evaluation.Tests.Probes;

public sealed class AccuracyTests
{
    [Fact]
    public void Baselines_HandWorked_AreRight()
    {
        int[] train = [2, 2, 5, 5, 9], test = [2, 5, 5, 9];
        Assert.Equal(0.25, Accuracy.Majority(train, test));
        Assert.Equal((0.4 * 0.25) + (0.4 * 0.5) + (0.2 * 0.25), Accuracy.Chance(train, test), 1e-12);
        Assert.Equal(0.75, Accuracy.Of([2, 5, 5, 5], test));
    }

    [Fact]
    public void Folds_Groups_StayWholeAndBalanced()
    {
        int[] labels = [.. Enumerable.Range(0, 100).Select(i => i % 2)], pairs = [.. Enumerable.Range(0, 100).Select(i => i / 2)];
        int[] folds = StratifiedFolds.Assign(labels, pairs, 5, 3);
        for (int pair = 0; pair < 50; pair++)
            Assert.Equal(folds[2 * pair], folds[(2 * pair) + 1]);
        for (int fold = 0; fold < 5; fold++)
            Assert.Equal(20, folds.Count(value => value == fold));
        Assert.NotEqual(folds, StratifiedFolds.Assign(labels, pairs, 5, 4));
    }

    [Fact]
    public void Folds_UnevenLabels_SpreadEachLabel()
    {
        int[] labels = [.. Enumerable.Range(0, 101).Select(i => i < 11 ? 1 : i < 40 ? 2 : 3)];
        int[] folds = StratifiedFolds.Assign(labels, [], 4, 1);
        foreach (int label in new[] { 1, 2, 3 })
        {
            int[] counts = [.. Enumerable.Range(0, 4).Select(fold => folds.Where((value, i) =>
                value == fold && labels[i] == label).Count())];
            Assert.True(counts.Max() - counts.Min() <= 1, $"label {label}: {string.Join(", ", counts)}");
        }
    }

    [Fact]
    public void Folds_SingleItemLabel_SaysWhich() => Assert.Equal(
        "cross-validation: needs at least 2 items of each label, got 1 of label 8",
        Assert.Throws<EvaluationException>(() => StratifiedFolds.Assign([1, 1, 8, 1], [], 2, 0)).Message);
}
