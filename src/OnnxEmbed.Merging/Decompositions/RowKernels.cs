using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace OnnxEmbed.Merging.Decompositions;

/// <summary>Loops over two or three rows that read and write each element once; products are rounded before they are added.</summary>
internal static class RowKernels
{
    /// <summary>a, b ← c·a - s·b, s·a + c·b.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Rotate(double c, double s, Span<double> a, Span<double> b)
    {
        ref double ar = ref MemoryMarshal.GetReference(a);
        ref double br = ref MemoryMarshal.GetReference(b);
        Vector256<double> cv = Vector256.Create(c);
        Vector256<double> sv = Vector256.Create(s);
        int i = 0;
        for (; i <= a.Length - 4; i += 4)
        {
            Vector256<double> x = Vector256.LoadUnsafe(ref ar, (nuint)i);
            Vector256<double> y = Vector256.LoadUnsafe(ref br, (nuint)i);
            ((x * cv) - (y * sv)).StoreUnsafe(ref ar, (nuint)i);
            ((x * sv) + (y * cv)).StoreUnsafe(ref br, (nuint)i);
        }

        for (; i < a.Length; i++)
        {
            double x = a[i], y = b[i];
            double cx = x * c, sy = y * s, sx = x * s, cy = y * c;
            a[i] = cx - sy;
            b[i] = sx + cy;
        }
    }

    /// <summary>row ← row - (x·w + y·v).</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Subtract(double x, ReadOnlySpan<double> w, double y, ReadOnlySpan<double> v, Span<double> row)
    {
        ref double wr = ref MemoryMarshal.GetReference(w);
        ref double vr = ref MemoryMarshal.GetReference(v);
        ref double rr = ref MemoryMarshal.GetReference(row);
        Vector256<double> xv = Vector256.Create(x);
        Vector256<double> yv = Vector256.Create(y);
        int i = 0;
        for (; i <= row.Length - 4; i += 4)
        {
            Vector256<double> sum = (Vector256.LoadUnsafe(ref wr, (nuint)i) * xv) + (Vector256.LoadUnsafe(ref vr, (nuint)i) * yv);
            (Vector256.LoadUnsafe(ref rr, (nuint)i) - sum).StoreUnsafe(ref rr, (nuint)i);
        }

        for (; i < row.Length; i++)
        {
            double first = w[i] * x, second = v[i] * y;
            double sum = first + second;
            row[i] -= sum;
        }
    }
}
