using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace OnnxEmbed.Tensors;

/// <summary>
/// Weighted sums in double, rounded once where the result is narrower. Products are rounded before they are added (no fused multiply-add),
/// so that every processor gives the same bits. The target may be one of the sources.
/// </summary>
public static class Blends
{
    /// <summary>target = a·x + b·y, rounded to float.</summary>
    /// <exception cref="ArgumentException">The lengths differ.</exception>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Combine(double a, ReadOnlySpan<float> x, double b, ReadOnlySpan<float> y, Span<float> target)
    {
        CheckLengths(x.Length, y.Length, target.Length);
        ref float xr = ref MemoryMarshal.GetReference(x);
        ref float yr = ref MemoryMarshal.GetReference(y);
        ref float tr = ref MemoryMarshal.GetReference(target);
        Vector256<double> av = Vector256.Create(a);
        Vector256<double> bv = Vector256.Create(b);
        int i = 0;
        for (; i <= x.Length - 8; i += 8)
        {
            Vector256<double> x0 = Widened.Load(ref xr, (nuint)i), x1 = Widened.Load(ref xr, (nuint)i + 4);
            Vector256<double> y0 = Widened.Load(ref yr, (nuint)i), y1 = Widened.Load(ref yr, (nuint)i + 4);
            Vector256.Narrow((x0 * av) + (y0 * bv), (x1 * av) + (y1 * bv)).StoreUnsafe(ref tr, (nuint)i);
        }

        for (; i < x.Length; i++)
        {
            double first = x[i] * a;
            double second = y[i] * b;
            target[i] = (float)(first + second);
        }
    }

    /// <summary>target = a·x + b·y.</summary>
    /// <exception cref="ArgumentException">The lengths differ.</exception>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Combine(double a, ReadOnlySpan<double> x, double b, ReadOnlySpan<double> y, Span<double> target)
    {
        CheckLengths(x.Length, y.Length, target.Length);
        ref double xr = ref MemoryMarshal.GetReference(x);
        ref double yr = ref MemoryMarshal.GetReference(y);
        ref double tr = ref MemoryMarshal.GetReference(target);
        Vector256<double> av = Vector256.Create(a);
        Vector256<double> bv = Vector256.Create(b);
        int i = 0;
        for (; i <= x.Length - 4; i += 4)
        {
            ((Vector256.LoadUnsafe(ref xr, (nuint)i) * av) + (Vector256.LoadUnsafe(ref yr, (nuint)i) * bv)).StoreUnsafe(ref tr, (nuint)i);
        }

        for (; i < x.Length; i++)
        {
            double first = x[i] * a;
            double second = y[i] * b;
            target[i] = first + second;
        }
    }

    /// <summary>target = a·x.</summary>
    /// <exception cref="ArgumentException">The lengths differ.</exception>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Scale(double a, ReadOnlySpan<float> x, Span<double> target)
    {
        CheckLengths(x.Length, x.Length, target.Length);
        ref float xr = ref MemoryMarshal.GetReference(x);
        ref double tr = ref MemoryMarshal.GetReference(target);
        Vector256<double> av = Vector256.Create(a);
        int i = 0;
        for (; i <= x.Length - 8; i += 8)
        {
            Vector256<double> x0 = Widened.Load(ref xr, (nuint)i), x1 = Widened.Load(ref xr, (nuint)i + 4);
            (x0 * av).StoreUnsafe(ref tr, (nuint)i);
            (x1 * av).StoreUnsafe(ref tr, (nuint)i + 4);
        }

        for (; i < x.Length; i++)
        {
            target[i] = x[i] * a;
        }
    }

    /// <inheritdoc cref="Scale(double, ReadOnlySpan{float}, Span{double})"/>
    public static void Scale(double a, ReadOnlySpan<double> x, Span<double> target) => System.Numerics.Tensors.TensorPrimitives.Multiply(x, a, target);

    /// <summary>target += a·x.</summary>
    /// <exception cref="ArgumentException">The lengths differ.</exception>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Accumulate(double a, ReadOnlySpan<float> x, Span<double> target)
    {
        CheckLengths(x.Length, x.Length, target.Length);
        ref float xr = ref MemoryMarshal.GetReference(x);
        ref double tr = ref MemoryMarshal.GetReference(target);
        Vector256<double> av = Vector256.Create(a);
        int i = 0;
        for (; i <= x.Length - 8; i += 8)
        {
            Vector256<double> x0 = Widened.Load(ref xr, (nuint)i), x1 = Widened.Load(ref xr, (nuint)i + 4);
            (Vector256.LoadUnsafe(ref tr, (nuint)i) + (x0 * av)).StoreUnsafe(ref tr, (nuint)i);
            (Vector256.LoadUnsafe(ref tr, (nuint)i + 4) + (x1 * av)).StoreUnsafe(ref tr, (nuint)i + 4);
        }

        for (; i < x.Length; i++)
        {
            double product = x[i] * a;
            target[i] += product;
        }
    }

    /// <inheritdoc cref="Accumulate(double, ReadOnlySpan{float}, Span{double})"/>
    public static void Accumulate(double a, ReadOnlySpan<double> x, Span<double> target) => Combine(1, target, a, x, target);

    /// <summary>target = x - y, exact but where the two differ in size by more than 2^29.</summary>
    /// <exception cref="ArgumentException">The lengths differ.</exception>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Subtract(ReadOnlySpan<float> x, ReadOnlySpan<float> y, Span<double> target)
    {
        CheckLengths(x.Length, y.Length, target.Length);
        ref float xr = ref MemoryMarshal.GetReference(x);
        ref float yr = ref MemoryMarshal.GetReference(y);
        ref double tr = ref MemoryMarshal.GetReference(target);
        int i = 0;
        for (; i <= x.Length - 8; i += 8)
        {
            (Vector256<double> x0, Vector256<double> x1) = Vector256.Widen(Vector256.LoadUnsafe(ref xr, (nuint)i));
            (Vector256<double> y0, Vector256<double> y1) = Vector256.Widen(Vector256.LoadUnsafe(ref yr, (nuint)i));
            (x0 - y0).StoreUnsafe(ref tr, (nuint)i);
            (x1 - y1).StoreUnsafe(ref tr, (nuint)i + 4);
        }

        for (; i < x.Length; i++)
        {
            target[i] = (double)x[i] - y[i];
        }
    }

    internal static void CheckLengths(int x, int y, int target)
    {
        if (x != y || x != target)
        {
            throw new ArgumentException($"a blend needs vectors of one length, got {x}, {y} and {target}");
        }
    }
}
