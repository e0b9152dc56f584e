using OnnxEmbed.Kernels.Rows;
using OnnxEmbed.TestKit.Numerics;

namespace OnnxEmbed.Kernels.Tests.Rows;

/// <summary>The functions of our own against their double forms over the whole range.</summary>
public class ElementaryFunctionTests
{
    private static readonly float[] Points =
        [.. Enumerable.Range(-9000, 18001).Select(i => i * 0.01f), .. Enumerable.Range(-4000, 8001).Select(i => i * 0.0007f), 1e-20f, -1e-20f];

    [Fact]
    public void Exp_WholeRange_IsWithinTwoUnitsInTheLastPlace()
    {
        float[] values = new float[Points.Length];
        Exponential.Exp(Points, values);
        for (int i = 0; i < Points.Length; i++)
        {
            double expected = Math.Exp(Points[i]);
            if (expected > float.MaxValue)
            {
                Assert.Equal(float.PositiveInfinity, values[i]);
            }
            else if (Points[i] > -87)
            {
                Assert.True(Math.Abs(values[i] - expected) <= 2e-7 * expected, $"e^{Points[i]}: {values[i]} for {expected}");
            }
            else
            {
                Assert.InRange(values[i], 0, 2e-38f);
            }
        }
    }

    [Fact]
    public void Exp_SpecialValues_AreThoseOfTheStandard()
    {
        float[] values = new float[4];
        Exponential.Exp([float.PositiveInfinity, float.NegativeInfinity, float.NaN, 0], values);
        Assert.Equal(float.PositiveInfinity, values[0]);
        Assert.InRange(values[1], 0, 2e-38f);
        Assert.True(float.IsNaN(values[2]));
        Assert.Equal(1, values[3]);
    }

    [Fact]
    public void Sigmoid_WholeRange_AgreesWithDouble()
    {
        float[] values = new float[Points.Length];
        Exponential.Sigmoid(Points, values);
        for (int i = 0; i < Points.Length; i++)
        {
            double expected = 1 / (1 + Math.Exp(-Points[i]));
            Assert.True(Math.Abs(values[i] - expected) <= (4e-7 * expected) + 2e-38, $"σ({Points[i]}): {values[i]} for {expected}");
        }
    }

    [Fact]
    public void Erf_WholeRange_AgreesWithDouble()
    {
        float[] values = new float[Points.Length];
        OnnxEmbed.Kernels.Rows.ErrorFunction.Erf(Points, values);
        for (int i = 0; i < Points.Length; i++)
        {
            double expected = OnnxEmbed.TestKit.Numerics.ErrorFunction.Erf(Points[i]);
            Assert.True(Math.Abs(values[i] - expected) <= (3e-7 * Math.Abs(expected)) + 1e-37, $"erf {Points[i]}: {values[i]} for {expected}");
        }
    }
}
