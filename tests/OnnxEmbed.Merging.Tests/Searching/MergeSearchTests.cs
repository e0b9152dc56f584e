using OnnxEmbed.Merging.Searching;
using OnnxEmbed.Tensors;

namespace OnnxEmbed.Merging.Tests.Searching;

public class MergeSearchTests
{
    [Fact]
    public void Run_Slerp_SearchesT()
    {
        MergeSearch search = MergeSearch.Of(Of(MergeMethods.Slerp, 2, ("t", "0.5")), new SearchOptions());
        Assert.Equal("t", search.Parameter);
        SearchOutcome found = search.Run(merge => -Math.Abs(T(merge) - 0.27), [0, 0]);
        Assert.Equal(0.27, found.Best.Values[0], 0.01);
        Assert.Equal(found.Best.Values[0], T(search.With(found.Best.Values)));

        // 11, and 8 of the section of [0.2, 0.4].
        Assert.Equal(19, found.Trials.Count);
    }

    [Fact]
    public void Run_SoupOfTwo_SearchesOneShare()
    {
        MergeSearch search = MergeSearch.Of(Of(MergeMethods.Linear, 2), new SearchOptions());
        SearchOutcome found = search.Run(merge => -Math.Abs(merge.Inputs[0].Weight - 0.83), [0, 0]);
        Assert.Equal(0.83, found.Best.Values[0], 0.01);
        Assert.Equal(1, found.Best.Values.Sum(), 12);

        // The start is a point of the grid.
        Assert.Equal(19, found.Trials.Count);
    }

    [Fact]
    public void Run_SoupOfThree_BeginsWithTheBestModel()
    {
        MergeSearch search = MergeSearch.Of(Of(MergeMethods.Linear, 3), new SearchOptions());
        SearchOutcome found = search.Run(merge => merge.Inputs[2].Weight, [0.2, 0.1, 0.7]);
        Assert.Equal([0, 0, 1], found.Best.Values);
        Assert.Equal(1.0 / 3, found.Trials[0].Values[0], 12);
        Assert.Equal([0.5, 0.5, 0], found.Trials[1].Values);
    }

    [Fact]
    public void Run_TaskArithmetic_SearchesWeightsThatDoNotSumToOne()
    {
        MergeSearch search = MergeSearch.Of(Of(MergeMethods.TaskArithmetic, 2) with { Base = new MergeInput("base") }, new SearchOptions());
        SearchOutcome found = search.Run(merge => -Math.Abs(merge.Inputs[0].Weight - 1.5) - Math.Abs(merge.Inputs[1].Weight - 0.4), [0, 0]);
        Assert.Equal(1.5, found.Best.Values[0], 0.1);
        Assert.Equal(0.4, found.Best.Values[1], 0.1);
    }

    [Fact]
    public void Run_ParameterByName_IsSearchedInTheGivenRange()
    {
        MergeSearch search = MergeSearch.Of(
            Of(MergeMethods.TaskArithmetic, 2) with { Base = new MergeInput("base") }, new SearchOptions { Parameter = "lambda", Range = (0.5, 1.5), Points = 3, Tolerance = 0.5 });
        SearchOutcome found = search.Run(merge => double.Parse(merge.Parameters["lambda"], System.Globalization.CultureInfo.InvariantCulture), [0, 0]);
        Assert.Equal([1.5], found.Best.Values);
        Assert.Equal([0.5, 1, 1.5], found.Trials.Select(trial => trial.Values[0]));
    }

    [Theory]
    [InlineData("slerp", "density", null, "needs a number that slerp takes (t), got density")]
    [InlineData("arcee_fusion", null, null, "needs a number that arcee_fusion takes (it takes none), got weight")]
    [InlineData("task_arithmetic", "lambda", null, "lambda has no end; needs a range to search")]
    [InlineData("slerp", null, 2.0, "t: needs a number in [0, 1], got 2")]
    public void Of_WhatCannotBeSearched_IsRefused(string method, string? parameter, double? high, string message)
    {
        MergeMethod found = MergeMethods.Find(method);
        MergeOptions merge = Of(found, found.MaximumInputs ?? 2) with { Base = found.Base == BaseUse.Required ? new MergeInput("base") : null };
        SearchOptions options = new() { Parameter = parameter, Range = high is { } end ? (0, end) : null };
        Assert.Contains(message, Assert.Throws<OptionException>(() => MergeSearch.Of(merge, options)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Greedy_ModelThatHarms_IsLeftOut()
    {
        // The score is the mean of what the models are worth, of which the last is worth less than nothing.
        double[] worth = [0.8, 0.9, -1];
        (GreedySoup soup, MergeOptions merge) = SoupSearch.Greedy(
            Of(MergeMethods.Linear, 3), [0.8, 0.7, 0.1], trial => trial.Inputs.Average(input => worth[input.Model[1] - '0']));
        Assert.Equal([0, 1], soup.Members);
        Assert.Equal(["m0", "m1"], merge.Inputs.Select(input => input.Model));
        Assert.Equal(2, soup.Steps.Count(step => step.IsKept));
    }

    [Fact]
    public void Cocktail_Losses_AreSoftmaxedIntoWeights()
    {
        MergeOptions merge = SoupSearch.Cocktail(Of(MergeMethods.Linear, 2), [1, 1 + (5 * Math.Log(3))], 5);
        Assert.Equal(0.75, merge.Inputs[0].Weight, 12);
        Assert.Equal(0.25, merge.Inputs[1].Weight, 12);
    }

    private static double T(MergeOptions merge) => double.Parse(merge.Parameters["t"], System.Globalization.CultureInfo.InvariantCulture);

    private static MergeOptions Of(MergeMethod method, int models, params (string Name, string Value)[] parameters) => new()
    {
        Method = method,
        Inputs = [.. Enumerable.Range(0, models).Select(i => new MergeInput($"m{i}"))],
        Output = "out",
        Parameters = parameters.ToDictionary(each => each.Name, each => each.Value),
        DegreeOfParallelism = 1,
    };
}
