using OnnxEmbed.Tensors;
using OnnxEmbed.Training.Stepping;

namespace OnnxEmbed.Training.Tests.Stepping;

public sealed class LearningRateScheduleTests
{
    [Theory]
    [InlineData("constant", 0, 0)]
    [InlineData("constant", 5, 0.5)]
    [InlineData("constant", 10, 1)]
    [InlineData("constant", 110, 1)]
    [InlineData("linear", 10, 1)]
    [InlineData("linear", 60, 0.5)]
    [InlineData("linear", 110, 0)]
    [InlineData("cosine", 0, 0)]
    [InlineData("cosine", 10, 1)]
    [InlineData("cosine", 60, 0.5)]
    [InlineData("cosine", 35, 0.85355339059327373)]
    [InlineData("cosine", 110, 0)]
    public void At_WithWarmup_HasTheValueOfTheFormula(string name, long updates, double share) =>
        Assert.Equal(2e-3 * share, new LearningRateSchedule(name, 2e-3, 10, 110).At(updates), 1e-18);

    [Fact]
    public void At_WithoutWarmup_BeginsAtThePeak() => Assert.Equal(1e-3, new LearningRateSchedule("linear", 1e-3, 0, 10).At(0));

    [Fact]
    public void Constructor_UnknownName_ListsTheKnown() => Assert.Equal(
        "--schedule: needs one of constant, linear, cosine, got step",
        Assert.Throws<OptionException>(() => new LearningRateSchedule("step", 1, 0, 1)).Message);
}
