using OnnxEmbed.Tensors;

namespace OnnxEmbed.Merging.Tests;

public class SoupWeightsTests
{
    [Theory]
    [InlineData(4, 0.5, true, new[] { 1 / 15.0, 2 / 15.0, 4 / 15.0, 8 / 15.0 })]
    [InlineData(4, 0.5, false, new[] { 0.125, 0.125, 0.25, 0.5 })]
    [InlineData(3, 0, true, new[] { 0.0, 0, 1 })]
    [InlineData(3, 0, false, new[] { 0.0, 0, 1 })]
    [InlineData(4, 1, true, new[] { 0.25, 0.25, 0.25, 0.25 })]
    [InlineData(1, 0.9, true, new[] { 1.0 })]
    [InlineData(1, 0.9, false, new[] { 1.0 })]
    public void Exponential_HandWorked_IsTheAveragesWeights(int count, double decay, bool corrected, double[] expected) =>
        Assert.All(expected.Zip(SoupWeights.Exponential(count, decay, corrected)), pair => Assert.Equal(pair.First, pair.Second, 1e-15));

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Exponential_WeightedSum_IsTheRecurrence(bool corrected)
    {
        double[] checkpoints = [3, -1, 4, 1, -5, 9];
        const double decay = 0.9;
        double average = corrected ? 0 : checkpoints[0];
        for (int i = corrected ? 0 : 1; i < checkpoints.Length; i++)
        {
            average = (decay * average) + ((1 - decay) * checkpoints[i]);
        }

        double held = corrected ? 1 - Math.Pow(decay, checkpoints.Length) : 1;
        IReadOnlyList<double> weights = SoupWeights.Exponential(checkpoints.Length, decay, corrected);
        Assert.Equal(average / held, checkpoints.Zip(weights, (value, weight) => value * weight).Sum(), 1e-12);
        Assert.Equal(1, weights.Sum(), 1e-12);
    }

    [Theory]
    [InlineData(0, 0.5, true, "moving average: needs 1 checkpoint or more, got 0")]
    [InlineData(2, 1.5, true, "moving average: needs a decay in [0, 1], got 1.5")]
    [InlineData(2, 1, false, "moving average: needs a decay in [0, 1), got 1")]
    [InlineData(2, double.NaN, false, "moving average: needs a decay in [0, 1), got NaN")]
    public void Exponential_OutsideRange_IsRefused(int count, double decay, bool corrected, string message) =>
        Assert.Equal(message, Assert.Throws<OptionException>(() => SoupWeights.Exponential(count, decay, corrected)).Message);

    [Fact]
    public void Cocktail_Losses_AreTheirSoftmax()
    {
        IReadOnlyList<double> weights = SoupWeights.Cocktail([1, 1 + (5 * Math.Log(2)), 1 + (5 * Math.Log(4))], 5);
        Assert.All(new[] { 4 / 7.0, 2 / 7.0, 1 / 7.0 }.Zip(weights), pair => Assert.Equal(pair.First, pair.Second, 1e-12));
        Assert.Equal([1, 0], SoupWeights.Cocktail([0, 1e6], 1));
        Assert.Contains("got 1, NaN", Assert.Throws<OptionException>(() => SoupWeights.Cocktail([1, double.NaN], 1)).Message, StringComparison.Ordinal);
        Assert.Contains("got 0", Assert.Throws<OptionException>(() => SoupWeights.Cocktail([1], 0)).Message, StringComparison.Ordinal);
    }
}
