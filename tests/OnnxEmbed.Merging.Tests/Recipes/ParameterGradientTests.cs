using OnnxEmbed.Merging.Recipes;

namespace OnnxEmbed.Merging.Tests.Recipes;

public class ParameterGradientTests
{
    /// <summary>Figures of mergekit's own behaviour for this gradient over six layers.</summary>
    [Fact]
    public void At_FiveValuesOverSixLayers_IsPiecewiseLinear()
    {
        double[] expected = [0, 0.4, 0.38, 0.46, 0.76, 1];
        Assert.All(expected.Index(), entry => Assert.Equal(entry.Item, ParameterGradient.At([0, 0.5, 0.3, 0.7, 1], entry.Index / 5.0), 1e-12));
    }

    [Fact]
    public void At_ThreeValuesOverTwelveLayers_IsTheDepth() =>
        Assert.All(Enumerable.Range(0, 12), layer => Assert.Equal(layer / 11.0, ParameterGradient.At([0, 0.5, 1], layer / 11.0), 1e-12));

    [Fact]
    public void StepAt_Words_ChangeAtWholeSteps() =>
        Assert.Equal(["a", "a", "b", "c"], new[] { 0, 0.49, 0.5, 1 }.Select(depth => ParameterGradient.StepAt(["a", "b", "c"], depth)));
}
