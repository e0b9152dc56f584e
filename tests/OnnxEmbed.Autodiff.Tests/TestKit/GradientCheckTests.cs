using OnnxEmbed.TestKit.Comparing;
using OnnxEmbed.TestKit.Gradients;

namespace OnnxEmbed.Autodiff.Tests.TestKit;

/// <summary>The check itself must be able to fail.</summary>
public class GradientCheckTests
{
    [Fact]
    public void Run_FunctionWhoseRuleLeavesAPartOut_NamesInputElementAndBothValues()
    {
        // A staircase much finer than the step has the slope 1 by finite differences, and 0 by its rule.
        GradientCase row = new(
            "staircase",
            [new GradientInput(Domain.Real, 2, 3), new GradientInput(Domain.Real, 3)],
            (g, x) => [g.Add(g.Mul(g.Node("Floor", [g.Mul(x[0], 1e6)]), 1e-6), g.Add(x[0], x[1]))]);
        TensorMismatchException exception = Assert.Throws<TensorMismatchException>(() => GradientCheck.Run(row));
        Assert.Contains("staircase", exception.Message, StringComparison.Ordinal);
        Assert.Contains("direction of x0 f64[2, 3]", exception.Message, StringComparison.Ordinal);
        Assert.Matches(@"worst element \[\d, \d\] at x = .*: gradient \S+, finite difference \S+", exception.Message);
    }

    [Fact]
    public void Run_GradientOffByOnePartInAMillion_Fails()
    {
        // The staircase adds 2e-6 to the slope that its rule does not know of.
        GradientCase row = new(
            "slightly off",
            [new GradientInput(Domain.Positive, 5)],
            (g, x) => [g.Add(x[0], g.Mul(g.Node("Floor", [g.Mul(x[0], 1e9)]), 2e-6 * 1e-9))]);
        Assert.Throws<TensorMismatchException>(() => GradientCheck.Run(row));
    }

    [Fact]
    public void Run_GradientIsNotANumber_Fails()
    {
        GradientCase row = new(
            "0/0",
            [new GradientInput(Domain.Values(0, 1), 2)],
            (g, x) => [g.Where(g.Greater(x[0], g.Scalar(0)), g.Sqrt(x[0]), g.Mul(x[0], 2))]);
        Assert.Throws<TensorMismatchException>(() => GradientCheck.Run(row));
    }

    [Fact]
    public void Close_OneElementOff_NamesItsIndexAndBothValues()
    {
        TensorMismatchException exception = Assert.Throws<TensorMismatchException>(() => TensorAssert.Close(
            Tensors.TensorData.From<float>([1, 2, 3, 4], 2, 2), Tensors.TensorData.From<float>([1, 2, 3.5f, 4.001f], 2, 2)));
        Assert.Contains("2 of 4 values", exception.Message, StringComparison.Ordinal);
        Assert.Contains("worst at [1, 0]: expected 3, got 3.5", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Close_NaNAgainstNumber_Fails() =>
        Assert.Throws<TensorMismatchException>(() => TensorAssert.Close([1.0], [double.NaN], Tolerance.Double));
}
