using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace OnnxEmbed.Kernels.Rows;

/// <summary>
/// erf on f32. Up to 1 the Maclaurin series of erf x = 2/√π · Σ (-1)ⁿ x²ⁿ⁺¹ / (n!·(2n+1)) to its eleventh term; above, 1 - e^(-x²)·q(t) with
/// t = 1/(1 + x/2), the rational Chebyshev fit of W. H. Press et al., Numerical Recipes, §6.2 (relative error of erfc 1.2e-7).
/// </summary>
internal static class ErrorFunction
{
    private static readonly float[] SeriesTerms = Series();

    private static readonly float[] TailFit =
    [
        0.17087277f, -0.82215223f, 1.48851587f, -1.13520398f, 0.27886807f, -0.18628806f, 0.09678418f, 0.37409196f, 1.00002368f, -1.26551223f,
    ];

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Erf(ReadOnlySpan<float> from, Span<float> to)
    {
        int step = Vector512<float>.Count;
        int i = 0;
        for (; i <= from.Length - step; i += step)
        {
            Erf(Vector512.Create(from[i..])).CopyTo(to[i..]);
        }

        if (i < from.Length)
        {
            Span<float> rest = stackalloc float[step];
            rest.Clear();
            from[i..].CopyTo(rest);
            Erf(Vector512.Create((ReadOnlySpan<float>)rest)).CopyTo(rest);
            rest[..(from.Length - i)].CopyTo(to[i..]);
        }
    }

    private static Vector512<float> Erf(Vector512<float> x)
    {
        Vector512<float> square = x * x;
        Vector512<float> series = Vector512.Create(SeriesTerms[^1]);
        for (int n = SeriesTerms.Length - 2; n >= 0; n--)
        {
            series = Vector512.FusedMultiplyAdd(series, square, Vector512.Create(SeriesTerms[n]));
        }

        Vector512<float> size = Vector512.Abs(x);
        Vector512<float> t = Vector512<float>.One / Vector512.FusedMultiplyAdd(size, Vector512.Create(0.5f), Vector512<float>.One);
        Vector512<float> exponent = Vector512.Create(TailFit[0]);
        for (int n = 1; n < TailFit.Length; n++)
        {
            exponent = Vector512.FusedMultiplyAdd(exponent, t, Vector512.Create(TailFit[n]));
        }

        Vector512<float> tail = Vector512<float>.One - (t * Exponential.Exp(exponent - square));
        return Vector512.ConditionalSelect(
            Vector512.LessThan(size, Vector512<float>.One), x * series, Vector512.CopySign(tail, x));
    }

    private static float[] Series()
    {
        float[] terms = new float[12];
        double factorial = 1;
        for (int n = 0; n < terms.Length; n++)
        {
            factorial *= Math.Max(1, n);
            terms[n] = (float)(2 / Math.Sqrt(Math.PI) * (n % 2 == 0 ? 1 : -1) / (factorial * ((2 * n) + 1)));
        }

        return terms;
    }
}
