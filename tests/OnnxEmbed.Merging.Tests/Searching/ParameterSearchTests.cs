using CsCheck;
using OnnxEmbed.Merging.Searching;
using OnnxEmbed.Tensors;

namespace OnnxEmbed.Merging.Tests.Searching;

public class ParameterSearchTests
{
    private static readonly SearchGrid Unit = new(0, 1, 11, 0.01);
    private static readonly SearchGrid Coarse = new(0, 1, 5, 0.01);

    [Fact]
    public void Line_OnePeakAnywhere_IsFoundToTheTolerance() => Gen.Double[0, 1].Sample(
        peak =>
        {
            SearchOutcome found = ParameterSearch.Line(t => -((t - peak) * (t - peak)), 0.5, Unit);
            Assert.InRange(Math.Abs(found.Best.Values[0] - peak), 0, 0.01);
        },
        iter: 300);

    [Fact]
    public void Line_PeakBetweenGridPoints_TriesGridThenGoldenSection()
    {
        List<double> asked = [];
        SearchOutcome found = ParameterSearch.Line(
            t =>
            {
                asked.Add(t);
                return -Math.Abs(t - 0.734);
            },
            0.5,
            Unit);

        // 11 of the grid; the section of [0.6, 0.8] takes 2 and one more for each cut but the last: 0.2·0.618ⁿ ≤ 0.01 at n = 7, so 6.
        Assert.Equal([0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1], asked.Take(11));
        Assert.Equal([0.67639, 0.72361], asked.Skip(11).Take(2));
        Assert.Equal(19, asked.Count);
        Assert.Equal(asked, found.Trials.Select(trial => trial.Values[0]));
        Assert.Equal(asked.Distinct(), asked);
        Assert.InRange(found.Best.Values[0], 0.729, 0.739);
        Assert.Equal(found.Trials.Max(trial => trial.Score), found.Best.Score);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    public void Line_PeakAtAnEnd_IsThatEnd(double end) => Assert.Equal([end], ParameterSearch.Line(t => -Math.Abs(t - end), 0.5, Unit).Best.Values);

    [Theory]
    [InlineData(0.5, 0.5)]
    [InlineData(0.32, 0.3)]
    [InlineData(0, 0)]
    public void Line_AllEqual_StaysWhereItBegan(double start, double expected) =>
        Assert.Equal(expected, ParameterSearch.Line(_ => 1, start, Unit).Best.Values[0], 0.021);

    [Fact]
    public void Line_SeveralPeaks_TheGridDecides()
    {
        // A narrow peak between two points is not seen; of the two wide ones the higher wins though the start is at the other.
        double Score(double t) => Math.Abs(t - 0.45) < 0.01 ? 9 : Math.Max(1 - (10 * Math.Abs(t - 0.1)), 2 - (10 * Math.Abs(t - 0.92)));
        Assert.InRange(ParameterSearch.Line(Score, 0.1, Unit).Best.Values[0], 0.91, 0.93);
    }

    [Fact]
    public void Line_OtherRange_StaysInside()
    {
        SearchOutcome found = ParameterSearch.Line(t => t, 0, new SearchGrid(-0.3333333, 1.0 / 3, 4, 1e-4));
        Assert.All(found.Trials, trial => Assert.InRange(trial.Values[0], -0.3333333, 1.0 / 3));
        Assert.Equal(1.0 / 3, found.Best.Values[0]);
    }

    [Fact]
    public void Line_NaN_IsRefused() =>
        Assert.Contains("got NaN at 0", Assert.Throws<DataException>(() => ParameterSearch.Line(_ => double.NaN, 0, Unit)).Message, StringComparison.Ordinal);

    [Fact]
    public void Line_WrongGrid_NamesAllFaults()
    {
        string message = Assert.Throws<OptionException>(() => ParameterSearch.Line(t => t, 0, new SearchGrid(1, 0, 1, 0))).Message;
        Assert.Contains("range: needs two finite numbers in rising order, got 1, 0", message, StringComparison.Ordinal);
        Assert.Contains("points: needs a number in [2, 10001], got 1", message, StringComparison.Ordinal);
        Assert.Contains("tolerance: needs a number from 1e-12 on, got 0", message, StringComparison.Ordinal);
    }

    [Fact]
    public void Coordinates_PeakOfIndependentParameters_IsFoundInOneRoundAndASecondGainsLittle()
    {
        double[] peak = [0.31, 1.62, 0.05];
        SearchOutcome found = ParameterSearch.Coordinates(
            values => -values.Zip(peak, (x, y) => (x - y) * (x - y)).Sum(), [1, 1, 1], [0, 1, 2], new SearchGrid(0, 2, 5, 0.01), 3);
        Assert.All(found.Best.Values.Zip(peak), pair => Assert.Equal(pair.Second, pair.First, 0.01));
        Assert.Equal(found.Trials.Count, found.Trials.Select(trial => string.Join(';', trial.Values)).Distinct().Count());
    }

    [Fact]
    public void Coordinates_NothingBetterThanTheStart_StaysThereAfterOneRound()
    {
        int asked = 0;
        SearchOutcome found = ParameterSearch.Coordinates(
            values =>
            {
                asked++;
                return values.All(value => value == 0.5) ? 1 : 0;
            },
            [0.5, 0.5],
            [0, 1],
            Coarse,
            5);
        Assert.Equal([0.5, 0.5], found.Best.Values);
        Assert.Equal(asked, found.Trials.Count);
        Assert.InRange(asked, 9, 2 * 15);
    }

    [Fact]
    public void Shares_SumToOneAndFindAPeakInside() => Gen.Double[0.05, 1].Array[3].Sample(
        raw =>
        {
            double[] peak = [.. raw.Select(value => value / raw.Sum())];
            SearchOutcome found = ParameterSearch.Shares(shares => -shares.Zip(peak, (x, y) => (x - y) * (x - y)).Sum(), [1, 1, 1], [0, 1, 2], Coarse, 8);
            Assert.All(found.Trials, trial => Assert.Equal(1, trial.Values.Sum(), 12));
            Assert.All(found.Trials, trial => Assert.All(trial.Values, share => Assert.InRange(share, 0, 1)));
            Assert.All(found.Best.Values.Zip(peak), pair => Assert.Equal(pair.Second, pair.First, 0.03));
        },
        iter: 100);

    [Fact]
    public void Shares_OneModelIsBest_IsThatModelAlone() =>
        Assert.Equal([0, 1, 0], ParameterSearch.Shares(shares => shares[1], [1, 1, 1], [0, 1, 2], Coarse, 3).Best.Values);

    [Fact]
    public void Shares_StartOfOneModelAlone_CanLeaveIt()
    {
        SearchOutcome found = ParameterSearch.Shares(shares => -Math.Pow(shares[2] - 0.5, 2) - Math.Pow(shares[0] - 0.5, 2), [1, 0, 0], [0, 1, 2], Coarse, 8);
        Assert.Equal(0.5, found.Best.Values[0], 0.03);
        Assert.Equal(0.5, found.Best.Values[2], 0.03);
    }

    [Fact]
    public void Shares_ModelsInAnotherOrder_GiveTheSameSharesOfTheSameModels() => Gen.Double[0.05, 1].Array[3].Select(Gen.Shuffle(new int[] { 0, 1, 2 })).Sample(
        (raw, permutation) =>
        {
            double[] peak = [.. raw.Select(value => value / raw.Sum())];
            double[] moved = [.. permutation.Select(model => peak[model])];
            SearchOutcome Of(double[] goal, IReadOnlyList<int> order) =>
                ParameterSearch.Shares(shares => -shares.Zip(goal, (x, y) => Math.Abs(x - y)).Sum(), [1, 1, 1], order, Coarse, 3);

            // The order of search is that of the models, wherever they stand.
            SearchOutcome first = Of(peak, [0, 1, 2]);
            SearchOutcome second = Of(moved, [.. Enumerable.Range(0, 3).Select(model => Array.IndexOf(permutation, model))]);
            Assert.Equal(first.Best.Score, second.Best.Score, 1e-6);
        },
        iter: 50);

    [Theory]
    [InlineData(0, 0)]
    [InlineData(1, -1)]
    public void Shares_StartWithoutSum_IsRefused(double first, double second) => Assert.Contains(
        "needs weights from 0 on with a sum above 0",
        Assert.Throws<OptionException>(() => ParameterSearch.Shares(_ => 0, [first, second], [0, 1], Coarse, 1)).Message,
        StringComparison.Ordinal);

    [Fact]
    public void Search_Twice_GivesTheSameTrials()
    {
        SearchOutcome Run() => ParameterSearch.Shares(shares => Math.Sin((7 * shares[0]) + (3 * shares[1])), [2, 1, 1], [2, 0, 1], Coarse, 3);
        Assert.Equal(Run().Trials.SelectMany(trial => trial.Values), Run().Trials.SelectMany(trial => trial.Values));
    }
}
