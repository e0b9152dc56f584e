using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace OnnxEmbed.Evaluation.Kernels;

/// <summary>
/// All dot products of two packed blocks of rows: the one kernel under distances, k-means, cross-covariances and k-NN. Rows are padded to
/// multiples of <see cref="RowMultiple"/> and widths to multiples of <see cref="WidthMultiple"/> with zeros (<see cref="PackedRows"/>), so
/// that there are no tails. A pair's sum does not depend on where in the tile it lies.
/// </summary>
internal static class DotTile
{
    public const int RowMultiple = 4;
    public const int WidthMultiple = 8;

    /// <summary>products[i, j] = Σ_c a[i, c] b[j, c] of two packed blocks, with rows of b.PaddedCount.</summary>
    public static void Multiply(PackedRows a, PackedRows b, double[] products) =>
        Multiply(a.Values, a.PaddedCount, b.Values, b.PaddedCount, a.PaddedWidth, products);

    /// <summary>products[i, j] = Σ_c a[i, c] b[j, c]; a [aRows, width], b [bRows, width], products [aRows, bRows].</summary>
    public static void Multiply(ReadOnlySpan<double> a, int aRows, ReadOnlySpan<double> b, int bRows, int width, Span<double> products)
    {
        Debug.Assert(aRows % RowMultiple == 0 && bRows % RowMultiple == 0 && width % WidthMultiple == 0, "needs padded blocks");
        Debug.Assert(a.Length >= aRows * width && b.Length >= bRows * width && products.Length >= aRows * bRows, "needs whole blocks");
        ref double a0 = ref MemoryMarshal.GetReference(a);
        ref double b0 = ref MemoryMarshal.GetReference(b);
        ref double p0 = ref MemoryMarshal.GetReference(products);
        unchecked
        {
            // Indices stay below a.Length and b.Length, which are ints.
            if (Vector512.IsHardwareAccelerated)
            {
                for (int i = 0; i < aRows; i += 4)
                {
                    for (int j = 0; j < bRows; j += 4)
                        FourByFour512(ref Unsafe.Add(ref a0, i * width), ref Unsafe.Add(ref b0, j * width), width,
                            ref Unsafe.Add(ref p0, (i * bRows) + j), bRows);
                }
            }
            else
            {
                for (int i = 0; i < aRows; i += 4)
                {
                    for (int j = 0; j < bRows; j += 2)
                        FourByTwo256(ref Unsafe.Add(ref a0, i * width), ref Unsafe.Add(ref b0, j * width), width,
                            ref Unsafe.Add(ref p0, (i * bRows) + j), bRows);
                }
            }
        }
    }

    // 16 accumulators of the 32 registers; each loaded vector is used four times.
    private static void FourByFour512(ref double a, ref double b, int width, ref double p, int stride)
    {
        Vector512<double> s00 = default, s01 = default, s02 = default, s03 = default;
        Vector512<double> s10 = default, s11 = default, s12 = default, s13 = default;
        Vector512<double> s20 = default, s21 = default, s22 = default, s23 = default;
        Vector512<double> s30 = default, s31 = default, s32 = default, s33 = default;
        unchecked
        {
            nuint w = (nuint)width;
            for (nuint c = 0; c < w; c += 8)
            {
                Vector512<double> b0 = Vector512.LoadUnsafe(ref b, c);
                Vector512<double> b1 = Vector512.LoadUnsafe(ref b, c + w);
                Vector512<double> b2 = Vector512.LoadUnsafe(ref b, c + (2 * w));
                Vector512<double> b3 = Vector512.LoadUnsafe(ref b, c + (3 * w));
                Vector512<double> x = Vector512.LoadUnsafe(ref a, c);
                s00 = Vector512.FusedMultiplyAdd(x, b0, s00);
                s01 = Vector512.FusedMultiplyAdd(x, b1, s01);
                s02 = Vector512.FusedMultiplyAdd(x, b2, s02);
                s03 = Vector512.FusedMultiplyAdd(x, b3, s03);
                x = Vector512.LoadUnsafe(ref a, c + w);
                s10 = Vector512.FusedMultiplyAdd(x, b0, s10);
                s11 = Vector512.FusedMultiplyAdd(x, b1, s11);
                s12 = Vector512.FusedMultiplyAdd(x, b2, s12);
                s13 = Vector512.FusedMultiplyAdd(x, b3, s13);
                x = Vector512.LoadUnsafe(ref a, c + (2 * w));
                s20 = Vector512.FusedMultiplyAdd(x, b0, s20);
                s21 = Vector512.FusedMultiplyAdd(x, b1, s21);
                s22 = Vector512.FusedMultiplyAdd(x, b2, s22);
                s23 = Vector512.FusedMultiplyAdd(x, b3, s23);
                x = Vector512.LoadUnsafe(ref a, c + (3 * w));
                s30 = Vector512.FusedMultiplyAdd(x, b0, s30);
                s31 = Vector512.FusedMultiplyAdd(x, b1, s31);
                s32 = Vector512.FusedMultiplyAdd(x, b2, s32);
                s33 = Vector512.FusedMultiplyAdd(x, b3, s33);
            }

            Store(ref p, Vector512.Sum(s00), Vector512.Sum(s01), Vector512.Sum(s02), Vector512.Sum(s03));
            Store(ref Unsafe.Add(ref p, stride), Vector512.Sum(s10), Vector512.Sum(s11), Vector512.Sum(s12), Vector512.Sum(s13));
            Store(ref Unsafe.Add(ref p, 2 * stride), Vector512.Sum(s20), Vector512.Sum(s21), Vector512.Sum(s22), Vector512.Sum(s23));
            Store(ref Unsafe.Add(ref p, 3 * stride), Vector512.Sum(s30), Vector512.Sum(s31), Vector512.Sum(s32), Vector512.Sum(s33));
        }
    }

    private static void Store(ref double p, double v0, double v1, double v2, double v3)
    {
        p = v0;
        Unsafe.Add(ref p, 1) = v1;
        Unsafe.Add(ref p, 2) = v2;
        Unsafe.Add(ref p, 3) = v3;
    }

    // 8 accumulators hide the latency of fused multiply-add and leave room for the six loads in 16 registers.
    private static void FourByTwo256(ref double a, ref double b, int width, ref double p, int stride)
    {
        Vector256<double> s00 = default, s01 = default, s10 = default, s11 = default;
        Vector256<double> s20 = default, s21 = default, s30 = default, s31 = default;
        unchecked
        {
            nuint w = (nuint)width;
            for (nuint c = 0; c < w; c += 4)
            {
                Vector256<double> b0 = Vector256.LoadUnsafe(ref b, c);
                Vector256<double> b1 = Vector256.LoadUnsafe(ref b, c + w);
                Vector256<double> x = Vector256.LoadUnsafe(ref a, c);
                s00 = Vector256.FusedMultiplyAdd(x, b0, s00);
                s01 = Vector256.FusedMultiplyAdd(x, b1, s01);
                x = Vector256.LoadUnsafe(ref a, c + w);
                s10 = Vector256.FusedMultiplyAdd(x, b0, s10);
                s11 = Vector256.FusedMultiplyAdd(x, b1, s11);
                x = Vector256.LoadUnsafe(ref a, c + (2 * w));
                s20 = Vector256.FusedMultiplyAdd(x, b0, s20);
                s21 = Vector256.FusedMultiplyAdd(x, b1, s21);
                x = Vector256.LoadUnsafe(ref a, c + (3 * w));
                s30 = Vector256.FusedMultiplyAdd(x, b0, s30);
                s31 = Vector256.FusedMultiplyAdd(x, b1, s31);
            }

            Store(ref p, Vector256.Sum(s00), Vector256.Sum(s01));
            Store(ref Unsafe.Add(ref p, stride), Vector256.Sum(s10), Vector256.Sum(s11));
            Store(ref Unsafe.Add(ref p, 2 * stride), Vector256.Sum(s20), Vector256.Sum(s21));
            Store(ref Unsafe.Add(ref p, 3 * stride), Vector256.Sum(s30), Vector256.Sum(s31));
        }
    }

    private static void Store(ref double p, double v0, double v1)
    {
        p = v0;
        Unsafe.Add(ref p, 1) = v1;
    }
}
