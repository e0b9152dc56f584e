using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace OnnxEmbed.Kernels.Products;

/// <summary>
/// The factors of a product copied so that what a tile reads lies in a row, whatever the orientation of the matrix: B in panels of 32 columns,
/// A in strips of 12 rows, both along the common axis. Columns and rows beyond the last are zero.
/// </summary>
internal static unsafe class Panels
{
    private const int Width = Tile.Columns;

    /// <summary>Fills one panel.</summary>
    /// <param name="b">The matrix [K, N].</param>
    /// <param name="depth">K.</param>
    /// <param name="column">First column of the panel.</param>
    /// <param name="columns">Columns that exist, 1 to 32.</param>
    /// <param name="panel">K·32 elements.</param>
    public static void Pack(in MatrixView b, int depth, long column, int columns, float* panel)
    {
        if (columns < Width)
        {
            NativeMemory.Clear(panel, checked((nuint)depth * Width * sizeof(float)));
        }

        if (b.ColumnStride == 1)
        {
            Copy(b, depth, column, columns, panel);
        }
        else
        {
            Turn(b, depth, column, columns, panel);
        }
    }

    /// <summary>Fills a strip with up to 12 rows of A: K·12 elements.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void PackStrip(in MatrixView a, int depth, long row, int rows, float* strip)
    {
        const int Quad = 4;
        if (a.RowStride == 1 && rows == Tile.Rows)
        {
            for (int k = 0; k < depth; k++, strip += Tile.Rows)
            {
                float* from = a.At(row, k);
                Vector256.Load(from).Store(strip);
                Vector128.Load(from + (2 * Quad)).Store(strip + (2 * Quad));
            }

            return;
        }

        int quick = a.ColumnStride == 1 && rows == Tile.Rows ? depth / Quad * Quad : 0;
        for (int i = 0; i < Tile.Rows && quick > 0; i += Quad)
        {
            float* from = a.At(row + i, 0);
            for (int k = 0; k < quick; k += Quad)
            {
                SmallSquare(from + k, a.RowStride, strip + (k * Tile.Rows) + i);
            }
        }

        for (int k = quick; k < depth; k++)
        {
            for (int i = 0; i < Tile.Rows; i++)
            {
                strip[(k * Tile.Rows) + i] = i < rows ? *a.At(row + i, k) : 0;
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Copy(in MatrixView b, int depth, long column, int columns, float* panel)
    {
        float* from = b.At(0, column);
        for (int k = 0; k < depth; k++, from += b.RowStride, panel += Width)
        {
            if (columns == Width)
            {
                Vector512.Load(from).Store(panel);
                Vector512.Load(from + Tile.HalfColumns).Store(panel + Tile.HalfColumns);
            }
            else
            {
                new ReadOnlySpan<float>(from, columns).CopyTo(new Span<float>(panel, columns));
            }
        }
    }

    /// <summary>Columns lie in a row each, as those of a weight [out, in] do: squares of 8 are transposed in registers.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Turn(in MatrixView b, int depth, long column, int columns, float* panel)
    {
        int wide = b.RowStride == 1 ? columns / 8 * 8 : 0;
        int deep = depth / 8 * 8;
        for (int j = 0; j < wide; j += 8)
        {
            float* from = b.At(0, column + j);
            for (int k = 0; k < deep; k += 8)
            {
                Square(from + k, b.ColumnStride, panel + (k * Width) + j);
            }
        }

        for (int j = 0; j < columns; j++)
        {
            for (int k = j < wide ? deep : 0; k < depth; k++)
            {
                panel[(k * Width) + j] = *b.At(k, column + j);
            }
        }
    }

    /// <summary>Transposes 4 rows of 4 into rows 12 apart.</summary>
    private static void SmallSquare(float* from, nint stride, float* to)
    {
        Vector128<float> r0 = Vector128.Load(from), r1 = Vector128.Load(from + stride);
        Vector128<float> r2 = Vector128.Load(from + (2 * stride)), r3 = Vector128.Load(from + (3 * stride));
        Vector128<float> a0 = Sse.UnpackLow(r0, r1), a1 = Sse.UnpackHigh(r0, r1);
        Vector128<float> a2 = Sse.UnpackLow(r2, r3), a3 = Sse.UnpackHigh(r2, r3);
        Sse.MoveLowToHigh(a0, a2).Store(to);
        Sse.MoveHighToLow(a2, a0).Store(to + Tile.Rows);
        Sse.MoveLowToHigh(a1, a3).Store(to + (2 * Tile.Rows));
        Sse.MoveHighToLow(a3, a1).Store(to + (3 * Tile.Rows));
    }

    private static void Square(float* from, nint stride, float* to)
    {
        Vector256<float> r0 = Vector256.Load(from), r1 = Vector256.Load(from + stride);
        Vector256<float> r2 = Vector256.Load(from + (2 * stride)), r3 = Vector256.Load(from + (3 * stride));
        Vector256<float> r4 = Vector256.Load(from + (4 * stride)), r5 = Vector256.Load(from + (5 * stride));
        Vector256<float> r6 = Vector256.Load(from + (6 * stride)), r7 = Vector256.Load(from + (7 * stride));

        Vector256<float> a0 = Avx.UnpackLow(r0, r1), a1 = Avx.UnpackHigh(r0, r1);
        Vector256<float> a2 = Avx.UnpackLow(r2, r3), a3 = Avx.UnpackHigh(r2, r3);
        Vector256<float> a4 = Avx.UnpackLow(r4, r5), a5 = Avx.UnpackHigh(r4, r5);
        Vector256<float> a6 = Avx.UnpackLow(r6, r7), a7 = Avx.UnpackHigh(r6, r7);

        const byte Low = 0x44;
        const byte High = 0xEE;
        Vector256<float> b0 = Avx.Shuffle(a0, a2, Low), b1 = Avx.Shuffle(a0, a2, High);
        Vector256<float> b2 = Avx.Shuffle(a1, a3, Low), b3 = Avx.Shuffle(a1, a3, High);
        Vector256<float> b4 = Avx.Shuffle(a4, a6, Low), b5 = Avx.Shuffle(a4, a6, High);
        Vector256<float> b6 = Avx.Shuffle(a5, a7, Low), b7 = Avx.Shuffle(a5, a7, High);

        Avx.Permute2x128(b0, b4, 0x20).Store(to);
        Avx.Permute2x128(b1, b5, 0x20).Store(to + Width);
        Avx.Permute2x128(b2, b6, 0x20).Store(to + (2 * Width));
        Avx.Permute2x128(b3, b7, 0x20).Store(to + (3 * Width));
        Avx.Permute2x128(b0, b4, 0x31).Store(to + (4 * Width));
        Avx.Permute2x128(b1, b5, 0x31).Store(to + (5 * Width));
        Avx.Permute2x128(b2, b6, 0x31).Store(to + (6 * Width));
        Avx.Permute2x128(b3, b7, 0x31).Store(to + (7 * Width));
    }
}
