using OnnxEmbed.Tensors;

namespace OnnxEmbed.Merging.Tests;

public class GreedySoupTests
{
    [Fact]
    public void Choose_ModelsThatHelpAndHarm_KeepsThoseThatDoNotMakeItWorse()
    {
        // A soup's score here: mean of the members' values, minus 1 where models 0 and 2 are together.
        double[] scores = [0.7, 0.9, 0.8, 0.9];
        double[] values = [0.95, 0.9, 0.91, 0.88];
        List<string> tried = [];
        GreedySoup soup = GreedySoup.Choose(scores, members =>
        {
            tried.Add(string.Concat(members));
            return members.Average(model => values[model]) - (members.Contains(0) && members.Contains(2) ? 1 : 0);
        });

        // 1 and 3 have the same score: 1 comes first. With 3 the mean falls to 0.89; with 2 it rises to 0.905; with 0 the two harm each other.
        Assert.Equal(["13", "12", "120"], tried);
        Assert.Equal([1, 2], soup.Members);
        Assert.Equal(0.905, soup.Score, 12);
        Assert.Equal([true, false, true, false], soup.Steps.Select(step => step.IsKept));
        Assert.Equal([1, 3, 2, 0], soup.Steps.Select(step => step.Model));
        Assert.Equal([0.9, 0.9, 0.8, 0.7], soup.Steps.Select(step => step.OwnScore));
    }

    [Fact]
    public void Choose_AverageEquallyGood_IsKept() =>
        Assert.Equal([0, 1], GreedySoup.Choose([0.5, 0.4], _ => 0.5).Members);

    [Fact]
    public void Choose_OneModel_NeedsNoMerge() => Assert.Equal([0], GreedySoup.Choose([0.5], _ => throw new InvalidOperationException("nothing to merge")).Members);

    [Fact]
    public void Choose_NoOrNaNScore_IsRefused()
    {
        Assert.Equal("greedy soup: needs the score of one model or more, got none", Assert.Throws<OptionException>(() => GreedySoup.Choose([], _ => 0)).Message);
        Assert.Contains("got 1, NaN", Assert.Throws<OptionException>(() => GreedySoup.Choose([1, double.NaN], _ => 0)).Message, StringComparison.Ordinal);
    }
}
