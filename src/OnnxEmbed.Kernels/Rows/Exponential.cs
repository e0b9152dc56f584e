using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace OnnxEmbed.Kernels.Rows;

/// <summary>
/// eˣ and what follows from it on f32, all in f32: x = n·ln 2 + r with |r| at most ½ ln 2, eʳ by its Taylor series to r⁷, then 2ⁿ by the
/// exponent's bits. The relative error is below 2e-7.
/// </summary>
internal static class Exponential
{
    /// <summary>Above, eˣ is no f32.</summary>
    private const float Largest = 88.722839f;

    /// <summary>Below, 2ⁿ is no normal f32; eˣ is taken as 1.2e-38.</summary>
    private const float Smallest = -87.336544f;

    private const float LogOfTwoHigh = 0.693359375f;
    private const float LogOfTwoLow = -2.12194440e-4f;

    public static void Exp(ReadOnlySpan<float> from, Span<float> to) => Each(from, to, sigmoid: false);

    /// <summary>1 / (1 + e⁻ˣ).</summary>
    public static void Sigmoid(ReadOnlySpan<float> from, Span<float> to) => Each(from, to, sigmoid: true);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Exp(Vector512<float> x)
    {
        Vector512<float> inside = Vector512.Max(Vector512.Min(x, Vector512.Create(Largest)), Vector512.Create(Smallest));
        Vector512<float> n = Vector512.Round(inside * Vector512.Create(1.442695041f));
        Vector512<float> r = Vector512.FusedMultiplyAdd(n, Vector512.Create(-LogOfTwoHigh), inside);
        r = Vector512.FusedMultiplyAdd(n, Vector512.Create(-LogOfTwoLow), r);
        Vector512<float> series = Vector512.Create(1f / 5040);
        series = Vector512.FusedMultiplyAdd(series, r, Vector512.Create(1f / 720));
        series = Vector512.FusedMultiplyAdd(series, r, Vector512.Create(1f / 120));
        series = Vector512.FusedMultiplyAdd(series, r, Vector512.Create(1f / 24));
        series = Vector512.FusedMultiplyAdd(series, r, Vector512.Create(1f / 6));
        series = Vector512.FusedMultiplyAdd(series, r, Vector512.Create(0.5f));
        series = Vector512.FusedMultiplyAdd(series, r, Vector512<float>.One);
        series = Vector512.FusedMultiplyAdd(series, r, Vector512<float>.One);

        // 2^128 has no bits of its own: half of it, doubled in the end.
        Vector512<int> whole = Vector512.ConvertToInt32Native(n);
        Vector512<int> half = whole >> 1;
        Vector512<float> result = series * Power(half) * Power(whole - half);
        return Vector512.ConditionalSelect(Vector512.GreaterThan(x, Vector512.Create(Largest)), Vector512.Create(float.PositiveInfinity), result);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<float> Power(Vector512<int> n) => ((n + Vector512.Create(127)) << 23).AsSingle();

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Each(ReadOnlySpan<float> from, Span<float> to, bool sigmoid)
    {
        int step = Vector512<float>.Count;
        int i = 0;
        for (; i <= from.Length - step; i += step)
        {
            One(Vector512.Create(from[i..]), sigmoid).CopyTo(to[i..]);
        }

        if (i < from.Length)
        {
            Span<float> rest = stackalloc float[step];
            rest.Clear();
            from[i..].CopyTo(rest);
            One(Vector512.Create((ReadOnlySpan<float>)rest), sigmoid).CopyTo(rest);
            rest[..(from.Length - i)].CopyTo(to[i..]);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<float> One(Vector512<float> x, bool sigmoid) =>
        sigmoid ? Vector512<float>.One / (Vector512<float>.One + Exp(-x)) : Exp(x);
}
