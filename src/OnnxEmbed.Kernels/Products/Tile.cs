using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace OnnxEmbed.Kernels.Products;

/// <summary>
/// The inner loops of a product: a tile of C held in registers while the common axis is walked. 12 rows of two vectors of 16 are 24
/// accumulators, which with the two vectors of B and one element of A fill the 32 registers of AVX-512; each step is 24 multiply-adds on 14
/// loads. Compiled with all optimisation from the first call: tiers would spend the first steps of a short run in slow code.
/// </summary>
internal static unsafe class Tile
{
    /// <summary>Rows of the large tile.</summary>
    public const int Rows = 12;

    /// <summary>Columns of a tile.</summary>
    public const int Columns = 32;

    /// <summary>Columns up to which the tile of half the width is used.</summary>
    public const int HalfColumns = 16;

    private const int FewRows = 4;

    /// <summary>Computes a tile of up to 12 rows and 32 columns.</summary>
    /// <param name="a">First element of the rows of A.</param>
    /// <param name="rowStride">From row to row of A.</param>
    /// <param name="step">From one position of the common axis to the next, in A.</param>
    /// <param name="b">Rows of at least 32 elements, however many columns C has.</param>
    /// <param name="stepB">From row to row of B.</param>
    /// <param name="rows">Rows of the tile, 1 to 12.</param>
    /// <param name="columns">Columns of the tile, 1 to 32.</param>
    /// <param name="depth">Length of the common axis.</param>
    /// <param name="target">Where the tile goes.</param>
    public static void Multiply(
        float* a, nint rowStride, nint step, float* b, nint stepB, int rows, int columns, int depth, in TileTarget target)
    {
        if (columns < Columns)
        {
            Narrow(a, rowStride, step, b, stepB, rows, columns, depth, target);
        }
        else
        {
            Full(a, rowStride, step, b, stepB, rows, depth, target);
        }
    }

    private static void Full(float* a, nint rowStride, nint step, float* b, nint stepB, int rows, int depth, in TileTarget target)
    {
        if (rows == Rows)
        {
            Twelve(a, rowStride, step, b, stepB, depth, target);
            return;
        }

        for (int row = 0; row < rows; row += FewRows)
        {
            Few(a + (row * rowStride), rowStride, step, b, stepB, Math.Min(FewRows, rows - row), depth, target.At(row, 0));
        }
    }

    /// <summary>A tile of which only the first columns exist in C; B has 32 all the same.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Narrow(
        float* a, nint rowStride, nint step, float* b, nint stepB, int rows, int columns, int depth, in TileTarget target)
    {
        float* scratch = stackalloc float[Rows * Columns];
        TileTarget plain = new() { C = scratch, Stride = Columns, Alpha = 1 };
        if (columns <= HalfColumns && rows == Rows)
        {
            TwelveHalf(a, rowStride, step, b, stepB, depth, plain);
        }
        else
        {
            Full(a, rowStride, step, b, stepB, rows, depth, plain);
        }

        for (int row = 0; row < rows; row++)
        {
            float* from = scratch + (row * Columns);
            float* to = target.C + (row * target.Stride);
            float* addend = target.Addend == null ? null : target.Addend + (row * target.AddendStride);
            for (int column = 0; column < columns; column++)
            {
                float value = target.Alpha * from[column];
                to[column] = addend == null ? value : value + (target.Beta * addend[column]);
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Twelve(float* a, nint s, nint step, float* b, nint stepB, int depth, in TileTarget target)
    {
        Vector512<float> x0 = default, x1 = default, x2 = default, x3 = default, x4 = default, x5 = default;
        Vector512<float> x6 = default, x7 = default, x8 = default, x9 = default, x10 = default, x11 = default;
        Vector512<float> y0 = default, y1 = default, y2 = default, y3 = default, y4 = default, y5 = default;
        Vector512<float> y6 = default, y7 = default, y8 = default, y9 = default, y10 = default, y11 = default;
        float* a3 = a + (3 * s);
        float* a6 = a + (6 * s);
        float* a9 = a + (9 * s);
        nint s2 = 2 * s;
        for (int k = 0; k < depth; k++)
        {
            Vector512<float> left = Vector512.Load(b);
            Vector512<float> right = Vector512.Load(b + HalfColumns);
            Vector512<float> v = Vector512.Create(*a);
            x0 = Avx512F.FusedMultiplyAdd(v, left, x0);
            y0 = Avx512F.FusedMultiplyAdd(v, right, y0);
            v = Vector512.Create(a[s]);
            x1 = Avx512F.FusedMultiplyAdd(v, left, x1);
            y1 = Avx512F.FusedMultiplyAdd(v, right, y1);
            v = Vector512.Create(a[s2]);
            x2 = Avx512F.FusedMultiplyAdd(v, left, x2);
            y2 = Avx512F.FusedMultiplyAdd(v, right, y2);
            v = Vector512.Create(*a3);
            x3 = Avx512F.FusedMultiplyAdd(v, left, x3);
            y3 = Avx512F.FusedMultiplyAdd(v, right, y3);
            v = Vector512.Create(a3[s]);
            x4 = Avx512F.FusedMultiplyAdd(v, left, x4);
            y4 = Avx512F.FusedMultiplyAdd(v, right, y4);
            v = Vector512.Create(a3[s2]);
            x5 = Avx512F.FusedMultiplyAdd(v, left, x5);
            y5 = Avx512F.FusedMultiplyAdd(v, right, y5);
            v = Vector512.Create(*a6);
            x6 = Avx512F.FusedMultiplyAdd(v, left, x6);
            y6 = Avx512F.FusedMultiplyAdd(v, right, y6);
            v = Vector512.Create(a6[s]);
            x7 = Avx512F.FusedMultiplyAdd(v, left, x7);
            y7 = Avx512F.FusedMultiplyAdd(v, right, y7);
            v = Vector512.Create(a6[s2]);
            x8 = Avx512F.FusedMultiplyAdd(v, left, x8);
            y8 = Avx512F.FusedMultiplyAdd(v, right, y8);
            v = Vector512.Create(*a9);
            x9 = Avx512F.FusedMultiplyAdd(v, left, x9);
            y9 = Avx512F.FusedMultiplyAdd(v, right, y9);
            v = Vector512.Create(a9[s]);
            x10 = Avx512F.FusedMultiplyAdd(v, left, x10);
            y10 = Avx512F.FusedMultiplyAdd(v, right, y10);
            v = Vector512.Create(a9[s2]);
            x11 = Avx512F.FusedMultiplyAdd(v, left, x11);
            y11 = Avx512F.FusedMultiplyAdd(v, right, y11);
            a += step;
            a3 += step;
            a6 += step;
            a9 += step;
            b += stepB;
        }

        Store(target, 0, x0, y0);
        Store(target, 1, x1, y1);
        Store(target, 2, x2, y2);
        Store(target, 3, x3, y3);
        Store(target, 4, x4, y4);
        Store(target, 5, x5, y5);
        Store(target, 6, x6, y6);
        Store(target, 7, x7, y7);
        Store(target, 8, x8, y8);
        Store(target, 9, x9, y9);
        Store(target, 10, x10, y10);
        Store(target, 11, x11, y11);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void TwelveHalf(float* a, nint s, nint step, float* b, nint stepB, int depth, in TileTarget target)
    {
        Vector512<float> x0 = default, x1 = default, x2 = default, x3 = default, x4 = default, x5 = default;
        Vector512<float> x6 = default, x7 = default, x8 = default, x9 = default, x10 = default, x11 = default;
        float* a3 = a + (3 * s);
        float* a6 = a + (6 * s);
        float* a9 = a + (9 * s);
        nint s2 = 2 * s;
        for (int k = 0; k < depth; k++)
        {
            Vector512<float> row = Vector512.Load(b);
            x0 = Avx512F.FusedMultiplyAdd(Vector512.Create(*a), row, x0);
            x1 = Avx512F.FusedMultiplyAdd(Vector512.Create(a[s]), row, x1);
            x2 = Avx512F.FusedMultiplyAdd(Vector512.Create(a[s2]), row, x2);
            x3 = Avx512F.FusedMultiplyAdd(Vector512.Create(*a3), row, x3);
            x4 = Avx512F.FusedMultiplyAdd(Vector512.Create(a3[s]), row, x4);
            x5 = Avx512F.FusedMultiplyAdd(Vector512.Create(a3[s2]), row, x5);
            x6 = Avx512F.FusedMultiplyAdd(Vector512.Create(*a6), row, x6);
            x7 = Avx512F.FusedMultiplyAdd(Vector512.Create(a6[s]), row, x7);
            x8 = Avx512F.FusedMultiplyAdd(Vector512.Create(a6[s2]), row, x8);
            x9 = Avx512F.FusedMultiplyAdd(Vector512.Create(*a9), row, x9);
            x10 = Avx512F.FusedMultiplyAdd(Vector512.Create(a9[s]), row, x10);
            x11 = Avx512F.FusedMultiplyAdd(Vector512.Create(a9[s2]), row, x11);
            a += step;
            a3 += step;
            a6 += step;
            a9 += step;
            b += stepB;
        }

        float* c = target.C;
        nint stride = target.Stride;
        x0.Store(c);
        x1.Store(c + stride);
        x2.Store(c + (2 * stride));
        x3.Store(c + (3 * stride));
        x4.Store(c + (4 * stride));
        x5.Store(c + (5 * stride));
        x6.Store(c + (6 * stride));
        x7.Store(c + (7 * stride));
        x8.Store(c + (8 * stride));
        x9.Store(c + (9 * stride));
        x10.Store(c + (10 * stride));
        x11.Store(c + (11 * stride));
    }

    /// <summary>One to four rows; rows beyond the last are computed again and not stored.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Few(float* a, nint s, nint step, float* b, nint stepB, int rows, int depth, in TileTarget target)
    {
        Vector512<float> x0 = default, x1 = default, x2 = default, x3 = default;
        Vector512<float> y0 = default, y1 = default, y2 = default, y3 = default;
        float* a1 = rows > 1 ? a + s : a;
        float* a2 = rows > 2 ? a + (2 * s) : a;
        float* a3 = rows > 3 ? a + (3 * s) : a;
        for (int k = 0; k < depth; k++)
        {
            Vector512<float> left = Vector512.Load(b);
            Vector512<float> right = Vector512.Load(b + HalfColumns);
            Vector512<float> v = Vector512.Create(*a);
            x0 = Avx512F.FusedMultiplyAdd(v, left, x0);
            y0 = Avx512F.FusedMultiplyAdd(v, right, y0);
            v = Vector512.Create(*a1);
            x1 = Avx512F.FusedMultiplyAdd(v, left, x1);
            y1 = Avx512F.FusedMultiplyAdd(v, right, y1);
            v = Vector512.Create(*a2);
            x2 = Avx512F.FusedMultiplyAdd(v, left, x2);
            y2 = Avx512F.FusedMultiplyAdd(v, right, y2);
            v = Vector512.Create(*a3);
            x3 = Avx512F.FusedMultiplyAdd(v, left, x3);
            y3 = Avx512F.FusedMultiplyAdd(v, right, y3);
            a += step;
            a1 += step;
            a2 += step;
            a3 += step;
            b += stepB;
        }

        Store(target, 0, x0, y0);
        if (rows > 1)
        {
            Store(target, 1, x1, y1);
        }

        if (rows > 2)
        {
            Store(target, 2, x2, y2);
        }

        if (rows > 3)
        {
            Store(target, 3, x3, y3);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Store(in TileTarget target, int row, Vector512<float> left, Vector512<float> right)
    {
        float* c = target.C + (row * target.Stride);
        Vector512<float> alpha = Vector512.Create(target.Alpha);
        left *= alpha;
        right *= alpha;
        if (target.Addend != null)
        {
            float* addend = target.Addend + (row * target.AddendStride);
            Vector512<float> beta = Vector512.Create(target.Beta);
            left = Avx512F.FusedMultiplyAdd(beta, Vector512.Load(addend), left);
            right = Avx512F.FusedMultiplyAdd(beta, Vector512.Load(addend + HalfColumns), right);
        }

        left.Store(c);
        right.Store(c + HalfColumns);
    }
}
