using System.Runtime.Intrinsics.X86;
using OnnxEmbed.Kernels.Operators;

namespace OnnxEmbed.Kernels.Products;

/// <summary>
/// C = alpha · A·B + beta · addend in f32 for processors with AVX-512. A is [M, K], B [K, N], C [M, N] with rows that lie in a row. The
/// common axis is summed in one fixed order, whatever the number of threads.
/// </summary>
internal static unsafe class Product
{
    /// <summary>Rows of A that a task works on: they stay in the second-level cache, and there are tasks enough to keep all threads busy.</summary>
    private const int TaskRows = 4 * Tile.Rows;

    /// <summary>Rows up to which B is read where it lies: copying it would cost as much as multiplying.</summary>
    private const int FewRows = 48;

    /// <summary>Positions of the common axis that are walked before the next panel, where B is read where it lies.</summary>
    private const int DepthBlock = 256;

    /// <summary>Panels from which on it pays to copy A too.</summary>
    private const int PanelsForStrips = 4;

    private const int WantedTasks = 8;

    /// <summary>Whether this processor has what the inner loops need.</summary>
    public static bool IsSupported => Avx512F.IsSupported && Avx.IsSupported;

    public static void Multiply(in KernelContext context, int m, int n, int k, in MatrixView a, in MatrixView b, in TileTarget target)
    {
        if (m == 0 || n == 0)
        {
            return;
        }

        if (a.RowStride == 1 && n <= Tile.HalfColumns && m > n && target.Addend == null)
        {
            Turned(context, m, n, k, a, b, target);
        }
        else if (m <= FewRows && b.ColumnStride == 1 && n >= Tile.Columns)
        {
            InPlace(context, m, n, k, a, b, target);
        }
        else
        {
            Packed(context, m, n, k, a, b, target);
        }
    }

    /// <summary>A product on the calling thread.</summary>
    /// <param name="m">Rows of C.</param>
    /// <param name="n">Columns of C.</param>
    /// <param name="k">Length of the common axis.</param>
    /// <param name="a">[M, K].</param>
    /// <param name="b">[K, N].</param>
    /// <param name="target">Where the product goes.</param>
    /// <param name="scratch">Room for 32·K elements.</param>
    public static void Small(int m, int n, int k, in MatrixView a, in MatrixView b, in TileTarget target, float* scratch)
    {
        for (int column = 0; column < n; column += Tile.Columns)
        {
            int columns = Math.Min(Tile.Columns, n - column);
            float* rows = b.At(0, column);
            nint stride = b.RowStride;
            if (columns < Tile.Columns || b.ColumnStride != 1)
            {
                rows = scratch;
                stride = Tile.Columns;
                Panels.Pack(b, k, column, columns, scratch);
            }

            for (int row = 0; row < m; row += Tile.Rows)
            {
                Tile.Multiply(
                    a.At(row, 0), a.RowStride, a.ColumnStride, rows, stride, Math.Min(Tile.Rows, m - row), columns, k, target.At(row, column));
            }
        }
    }

    /// <summary>A tall product of a transposed A and a slim B, as (BᵀAᵀ)ᵀ: so the long axis runs along the vectors.</summary>
    private static void Turned(in KernelContext context, int m, int n, int k, in MatrixView a, in MatrixView b, in TileTarget target)
    {
        using ScratchMemory memory = ScratchMemory.Rent((long)m * n);
        float* turned = memory.Data;
        Multiply(context, n, m, k, b.Transposed, a.Transposed, new TileTarget { C = turned, Stride = m, Alpha = target.Alpha });
        for (int row = 0; row < m; row++)
        {
            float* to = target.C + (row * target.Stride);
            for (int column = 0; column < n; column++)
            {
                to[column] = turned[((long)column * m) + row];
            }
        }
    }

    private static void InPlace(in KernelContext context, int m, int n, int k, MatrixView a, MatrixView b, TileTarget target)
    {
        int panels = (n + Tile.Columns - 1) / Tile.Columns;
        int group = (panels + 3) / 4;
        context.ParallelFor((panels + group - 1) / group, task =>
        {
            using ScratchMemory memory = ScratchMemory.Rent(DepthBlock * Tile.Columns);
            for (int start = 0; start < k || start == 0; start += DepthBlock)
            {
                int depth = Math.Min(DepthBlock, k - start);
                TileTarget part = target;
                if (start > 0)
                {
                    part.Addend = target.C;
                    part.AddendStride = target.Stride;
                    part.Beta = 1;
                }

                for (int panel = task * group; panel < Math.Min(panels, (task + 1) * group); panel++)
                {
                    int column = panel * Tile.Columns;
                    int columns = Math.Min(Tile.Columns, n - column);
                    float* rows = b.At(start, column);
                    nint stride = b.RowStride;
                    if (columns < Tile.Columns)
                    {
                        // A tile reads 32 columns; beyond the last there may be no memory.
                        Panels.Pack(new MatrixView(b.At(start, 0), b.RowStride, 1), depth, column, columns, memory.Data);
                        rows = memory.Data;
                        stride = Tile.Columns;
                    }

                    for (int row = 0; row < m; row += Tile.Rows)
                    {
                        Tile.Multiply(
                            a.At(row, start), a.RowStride, a.ColumnStride, rows, stride, Math.Min(Tile.Rows, m - row), columns, depth, part.At(row, column));
                    }
                }
            }
        });
    }

    private static void Packed(in KernelContext context, int m, int n, int k, MatrixView a, MatrixView b, TileTarget target)
    {
        int panels = (n + Tile.Columns - 1) / Tile.Columns;
        long panelSize = (long)k * Tile.Columns;
        using ScratchMemory memory = ScratchMemory.Rent(panels * panelSize);
        float* packed = memory.Data;
        context.ParallelFor(panels, panel =>
        {
            int column = panel * Tile.Columns;
            Panels.Pack(b, k, column, Math.Min(Tile.Columns, n - column), packed + (panel * panelSize));
        });

        int rowTasks = (m + TaskRows - 1) / TaskRows;
        int columnTasks = Math.Clamp((WantedTasks + rowTasks - 1) / rowTasks, 1, panels);
        int group = (panels + columnTasks - 1) / columnTasks;
        columnTasks = (panels + group - 1) / group;
        context.ParallelFor(rowTasks * columnTasks, task =>
        {
            int first = task / columnTasks * TaskRows;
            int rows = Math.Min(TaskRows, m - first);
            int firstPanel = task % columnTasks * group;
            using ScratchMemory strips = ScratchMemory.Rent((long)TaskRows * k);
            bool strip = panels >= PanelsForStrips;
            for (int row = 0; row < rows && strip; row += Tile.Rows)
            {
                Panels.PackStrip(a, k, first + row, Math.Min(Tile.Rows, rows - row), strips.Data + ((long)row * k));
            }

            for (int panel = firstPanel; panel < Math.Min(panels, firstPanel + group); panel++)
            {
                int column = panel * Tile.Columns;
                int columns = Math.Min(Tile.Columns, n - column);
                for (int row = 0; row < rows; row += Tile.Rows)
                {
                    Tile.Multiply(
                        strip ? strips.Data + ((long)row * k) : a.At(first + row, 0),
                        strip ? 1 : a.RowStride,
                        strip ? Tile.Rows : a.ColumnStride,
                        packed + (panel * panelSize),
                        Tile.Columns,
                        Math.Min(Tile.Rows, rows - row),
                        columns,
                        k,
                        target.At(first + row, column));
                }
            }
        });
    }
}
