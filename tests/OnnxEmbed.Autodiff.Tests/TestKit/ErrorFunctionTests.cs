using OnnxEmbed.TestKit.Comparing;
using OnnxEmbed.TestKit.Numerics;

namespace OnnxEmbed.Autodiff.Tests.TestKit;

public class ErrorFunctionTests
{
    // A few units in the last place (2.2e-16 each): series, exp and the constant each round once.
    private static readonly Tolerance LastPlaces = new(0, 1.5e-15);

    // 34-digit values as tabulated, for example, in A. Strecok, Math. Comp. 22 (1968), and reproducible with any arbitrary-precision tool.
    [Theory]
    [InlineData(0.0, 0.0)]
    [InlineData(0.1, 0.1124629160182848922032750717439683832217)]
    [InlineData(0.5, 0.5204998778130465376827466538919645287365)]
    [InlineData(1.0, 0.8427007929497148693412206350826092592961)]
    [InlineData(2.0, 0.9953222650189527341620692563672529286109)]
    [InlineData(3.0, 0.9999779095030014145586272238704176796201)]
    [InlineData(7.0, 1.0)]
    public void Erf_TabulatedArgument_GivesTabulatedValueForBothSigns(double x, double expected)
    {
        TensorAssert.Close([expected, -expected], [ErrorFunction.Erf(x), ErrorFunction.Erf(-x)], LastPlaces);
    }

    [Theory]
    [InlineData(0.5, 0.4795001221869534623172533461080354712635)]
    [InlineData(1.0, 0.1572992070502851306587793649173907407039)]
    [InlineData(2.0, 0.004677734981047265837930743632747071389108)]
    [InlineData(3.0, 2.209049699858544137277612958232037984770e-5)]
    [InlineData(5.0, 1.537459794428034850188343485383378890119e-12)]
    [InlineData(10.0, 2.088487583762544757000786294957788611561e-45)]
    public void Erfc_TabulatedArgument_GivesTabulatedValueWithFullRelativeAccuracy(double x, double expected)
    {
        TensorAssert.Close([expected, 2 - expected], [ErrorFunction.Erfc(x), ErrorFunction.Erfc(-x)], LastPlaces);
    }

    [Fact]
    public void ErfAndErfc_AcrossTheSwitchOfExpansions_AddUpToOne()
    {
        for (double x = -4; x <= 4; x += 1.0 / 64)
        {
            Assert.True(Math.Abs(ErrorFunction.Erf(x) + ErrorFunction.Erfc(x) - 1) <= 1.5e-15, $"x = {x}");
        }
    }

    [Fact]
    public void Erf_AgainstNumericIntegration_Agrees()
    {
        double integral = 0;
        const double Step = 1.0 / 8;
        for (double x = 0; x < 5; x += Step)
        {
            integral += GaussLegendre(x, x + Step);
            Assert.True(Math.Abs(ErrorFunction.Erf(x + Step) - integral) < 1e-14, $"x = {x + Step}");
        }
    }

    [Fact]
    public void Erf_InfinitiesAndNaN_FollowTheLimits()
    {
        Assert.Equal(1, ErrorFunction.Erf(double.PositiveInfinity));
        Assert.Equal(-1, ErrorFunction.Erf(double.NegativeInfinity));
        Assert.Equal(0, ErrorFunction.Erfc(double.PositiveInfinity));
        Assert.Equal(2, ErrorFunction.Erfc(double.NegativeInfinity));
        Assert.True(double.IsNaN(ErrorFunction.Erf(double.NaN)) && double.IsNaN(ErrorFunction.Erfc(double.NaN)));
    }

    // Five-point Gauss-Legendre quadrature of 2/√π exp(-t²); exact for polynomials up to degree 9.
    private static double GaussLegendre(double from, double to)
    {
        (double Node, double Weight)[] rule =
        [
            (0, 128.0 / 225),
            (Math.Sqrt(5 - (2 * Math.Sqrt(10.0 / 7))) / 3, (322 + (13 * Math.Sqrt(70))) / 900),
            (Math.Sqrt(5 + (2 * Math.Sqrt(10.0 / 7))) / 3, (322 - (13 * Math.Sqrt(70))) / 900),
        ];
        double middle = (from + to) / 2;
        double half = (to - from) / 2;
        double sum = 0;
        foreach ((double node, double weight) in rule)
        {
            sum += weight * (node == 0 ? Density(middle) : Density(middle - (half * node)) + Density(middle + (half * node)));
        }

        return sum * half;

        static double Density(double t) => 2 / Math.Sqrt(Math.PI) * Math.Exp(-t * t);
    }
}
