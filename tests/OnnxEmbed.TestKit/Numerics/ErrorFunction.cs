namespace OnnxEmbed.TestKit.Numerics;

/// <summary>
/// The error function in double, accurate to a few units in the last place on the whole axis (relative, also for erfc far in the tail):
/// the oracle for a runtime that has only single-precision kernels.
/// </summary>
/// <remarks>
/// Two expansions of the NIST Digital Library of Mathematical Functions (https://dlmf.nist.gov/7): the power series 7.6.2, whose terms
/// are all positive and so lose nothing to cancellation, up to |x| = 2; the continued fraction 7.9.1 of erfc beyond.
/// </remarks>
public static class ErrorFunction
{
    private const double TwoOverRootPi = 1.1283791670955125738961589031215452;
    private const double OneOverRootPi = 0.5641895835477562869480794515607726;
    private const double SeriesLimit = 2;

    /// <summary>
    /// Beyond, 1 - erf(x) loses digits (two of 16 at x = 2) and erfc takes the fraction, which converges like exp(-2x√(2k)) over its
    /// depth k: 400 are enough from here on, 120 from <see cref="SeriesLimit"/> on.
    /// </summary>
    private const double DifferenceLimit = 0.75;

    /// <summary>exp(-x²) is 0 in double from here on: 27.3² > 745.</summary>
    private const double UnderflowLimit = 27.3;

    /// <summary>erf(x) = 2/√π ∫₀ˣ exp(-t²) dt, in [-1, 1].</summary>
    public static double Erf(double x)
    {
        double magnitude = Math.Abs(x);
        return double.IsNaN(x) ? x
            : magnitude <= SeriesLimit ? Series(x)
            : Math.CopySign(1 - Tail(magnitude), x);
    }

    /// <summary>erfc(x) = 1 - erf(x), in [0, 2].</summary>
    public static double Erfc(double x) =>
        double.IsNaN(x) ? x
        : Math.Abs(x) <= DifferenceLimit ? 1 - Series(x)
        : x < 0 ? 2 - Erfc(-x)
        : x <= SeriesLimit ? Fraction(x, 400)
        : Tail(x);

    // DLMF 7.6.2: erf z = 2/√π · exp(-z²) · Σ 2ⁿ z²ⁿ⁺¹ / (1·3·…·(2n+1)).
    private static double Series(double x)
    {
        double twoSquares = 2 * x * x;
        double term = x;
        double sum = x;
        for (int odd = 3; Math.Abs(term) > Math.Abs(sum) * 1e-18; odd += 2)
        {
            term *= twoSquares / odd;
            sum += term;
        }

        return TwoOverRootPi * ExpOfMinusSquare(x) * sum;
    }

    private static double Tail(double x) => x >= UnderflowLimit ? 0 : Fraction(x, 120);

    // DLMF 7.9.1 in the form erfc z = exp(-z²)/√π · 1/(z + (1/2)/(z + 1/(z + (3/2)/(z + …)))), evaluated from a fixed depth upwards.
    private static double Fraction(double x, int depth)
    {
        double value = x;
        for (int k = depth; k >= 1; k--)
        {
            value = x + (k / 2.0 / value);
        }

        return OneOverRootPi * ExpOfMinusSquare(x) / value;
    }

    // x² is rounded; its error e would make exp wrong by the factor 1 + e, which is 3e-15 at x = 5. It is known exactly from a fused
    // multiply-add.
    private static double ExpOfMinusSquare(double x)
    {
        double square = x * x;
        double error = Math.FusedMultiplyAdd(x, x, -square);
        return Math.Exp(-square) * (1 - error);
    }
}
