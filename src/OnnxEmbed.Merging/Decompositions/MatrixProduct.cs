using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace OnnxEmbed.Merging.Decompositions;

/// <summary>
/// Products in double. Each element is Σₖ in the order of k, a product rounded before it is added, so that the bits depend neither on the
/// threads nor on the processor's vector width.
/// </summary>
internal static class MatrixProduct
{
    private const int TileRows = 4;
    private const int TileColumns = 8;

    /// <summary>a · b.</summary>
    public static Matrix Multiply(Matrix a, Matrix b, ParallelOptions parallel)
    {
        Matrix result = new(a.Rows, b.Columns);

        // A panel of b, 8 columns wide, is packed once and met by all rows of a; a panel belongs to one thread.
        int panels = (b.Columns + TileColumns - 1) / TileColumns;
        Parallel.For(0, panels, parallel, () => new double[b.Rows * TileColumns], (panel, _, packed) =>
        {
            Pack(b, panel * TileColumns, packed);
            for (int row = 0; row < a.Rows; row += TileRows)
            {
                Tile(a, row, packed, result, panel * TileColumns);
            }

            return packed;
        }, _ => { });
        return result;
    }

    /// <summary>a · aᵀ.</summary>
    public static Matrix Gram(Matrix a, ParallelOptions parallel) => Multiply(a, a.Transposed(), parallel);

    private static void Pack(Matrix b, int left, double[] packed)
    {
        int width = Math.Min(TileColumns, b.Columns - left);
        for (int k = 0; k < b.Rows; k++)
        {
            Span<double> target = packed.AsSpan(k * TileColumns, TileColumns);
            b[k].Slice(left, width).CopyTo(target);
            target[width..].Clear();
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Tile(Matrix a, int top, double[] packed, Matrix result, int left)
    {
        int inner = a.Columns;
        int height = Math.Min(TileRows, a.Rows - top);
        ref double values = ref MemoryMarshal.GetArrayDataReference(a.Values);
        ref double panel = ref MemoryMarshal.GetArrayDataReference(packed);

        // Rows past the last are read as the last; their sums are dropped.
        nuint first = (nuint)((long)top * inner);
        nuint second = (nuint)((long)(top + Math.Min(1, height - 1)) * inner);
        nuint third = (nuint)((long)(top + Math.Min(2, height - 1)) * inner);
        nuint fourth = (nuint)((long)(top + Math.Min(3, height - 1)) * inner);
        Vector256<double> s00 = default, s01 = default, s10 = default, s11 = default;
        Vector256<double> s20 = default, s21 = default, s30 = default, s31 = default;
        for (nuint k = 0; k < (nuint)inner; k++)
        {
            Vector256<double> b0 = Vector256.LoadUnsafe(ref panel, k * TileColumns);
            Vector256<double> b1 = Vector256.LoadUnsafe(ref panel, (k * TileColumns) + 4);
            Vector256<double> x = Vector256.Create(Unsafe.Add(ref values, first + k));
            s00 += x * b0;
            s01 += x * b1;
            x = Vector256.Create(Unsafe.Add(ref values, second + k));
            s10 += x * b0;
            s11 += x * b1;
            x = Vector256.Create(Unsafe.Add(ref values, third + k));
            s20 += x * b0;
            s21 += x * b1;
            x = Vector256.Create(Unsafe.Add(ref values, fourth + k));
            s30 += x * b0;
            s31 += x * b1;
        }

        Store(result, top, left, s00, s01);
        Store(result, height > 1 ? top + 1 : -1, left, s10, s11);
        Store(result, height > 2 ? top + 2 : -1, left, s20, s21);
        Store(result, height > 3 ? top + 3 : -1, left, s30, s31);
    }

    private static void Store(Matrix result, int row, int left, Vector256<double> lower, Vector256<double> upper)
    {
        if (row < 0)
        {
            return;
        }

        Span<double> target = result[row][left..];
        if (target.Length >= TileColumns)
        {
            lower.CopyTo(target);
            upper.CopyTo(target[4..]);
            return;
        }

        for (int i = 0; i < target.Length; i++)
        {
            target[i] = i < 4 ? lower[i] : upper[i - 4];
        }
    }
}
