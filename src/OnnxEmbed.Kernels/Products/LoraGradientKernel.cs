using OnnxEmbed.Kernels.Operators;

namespace OnnxEmbed.Kernels.Products;

/// <summary>
/// Gradients of the factors of W + s·B·A in one pass over the tokens: dA = s·(dY·B)ᵀ·X and dB = s·dYᵀ·(X·Aᵀ). X is [N, in], dY [N, out],
/// A [r, in], B [out, r], N tokens. Tokens are taken in blocks, so that X and dY are read from memory once instead of twice; the partial sums
/// of a fixed number of ranges are added in order, whatever the number of threads.
/// </summary>
internal sealed unsafe class LoraGradientKernel(KernelAttributes attributes) : CpuKernel
{
    public const string Name = "LoraGradient";

    private const int Ranges = 8;
    private const int BlockRows = 4 * Tile.Rows;

    private readonly float _alpha = attributes.Float("alpha\0"u8) ?? 1;

    public override void Compute(KernelContext context)
    {
        KernelTensor x = context.Input(0);
        KernelTensor dy = context.Input(1);
        KernelTensor a = context.Input(2);
        KernelTensor b = context.Input(3);
        (int tokens, int inputs) = checked(((int)x.Shape[0], (int)x.Shape[1]));
        (int outputs, int rank) = checked(((int)b.Shape[0], (int)b.Shape[1]));
        if (dy.Shape[0] != tokens || dy.Shape[1] != outputs || a.Shape[0] != rank || a.Shape[1] != inputs)
        {
            throw new InvalidOperationException(
                $"LoraGradient: needs [N, in], [N, out], [r, in] and [out, r], got {Text(x)}, {Text(dy)}, {Text(a)} and {Text(b)}");
        }

        float* da = (float*)context.Output(0, [rank, inputs]);
        float* db = (float*)context.Output(1, [outputs, rank]);
        int padded = (rank + Tile.Columns - 1) / Tile.Columns * Tile.Columns;
        long sums = (long)rank * (inputs + outputs);
        using ScratchMemory memory = ScratchMemory.Rent((Ranges * sums) + ((long)padded * (inputs + outputs)));
        float* partial = memory.Data;
        float* turnedA = partial + (Ranges * sums);
        float* packedB = turnedA + ((long)padded * inputs);
        PackAll(new MatrixView((float*)a.Data, inputs, 1).Transposed, inputs, rank, turnedA);
        PackAll(new MatrixView((float*)b.Data, rank, 1), outputs, rank, packedB);

        float* dataX = (float*)x.Data;
        float* dataY = (float*)dy.Data;
        int range = (((tokens + Ranges - 1) / Ranges) + Tile.Rows - 1) / Tile.Rows * Tile.Rows;
        int used = Math.Max(1, (tokens + range - 1) / Math.Max(1, range));
        context.ParallelFor(used, index =>
        {
            float* sumA = partial + (index * sums);
            float* sumB = sumA + ((long)rank * inputs);
            new Span<float>(sumA, checked((int)sums)).Clear();
            using ScratchMemory scratch = ScratchMemory.Rent((2L * BlockRows * padded) + (BlockRows * Tile.Columns));
            float* u = scratch.Data;
            float* v = u + (BlockRows * padded);
            float* tail = v + (BlockRows * padded);
            int end = Math.Min(tokens, (index + 1) * range);
            for (int first = index * range; first < end; first += BlockRows)
            {
                int rows = Math.Min(BlockRows, end - first);
                float* blockX = dataX + ((long)first * inputs);
                float* blockY = dataY + ((long)first * outputs);
                Slim(blockX, rows, inputs, turnedA, rank, padded, u);
                Slim(blockY, rows, outputs, packedB, rank, padded, v);
                Accumulate(v, padded, rank, blockX, rows, inputs, sumA, tail);
                Accumulate(u, padded, rank, blockY, rows, outputs, sumB, tail);
            }
        });

        Finish(partial, used, sums, rank, inputs, outputs, da, db);
    }

    private static void PackAll(in MatrixView matrix, int depth, int columns, float* to)
    {
        for (int column = 0; column < columns; column += Tile.Columns)
        {
            Panels.Pack(matrix, depth, column, Math.Min(Tile.Columns, columns - column), to + ((long)column * depth));
        }
    }

    /// <summary>[rows, depth] times the packed [depth, rank] into rows of <paramref name="padded"/>.</summary>
    private static void Slim(float* left, int rows, int depth, float* packed, int rank, int padded, float* to)
    {
        for (int column = 0; column < rank; column += Tile.Columns)
        {
            for (int row = 0; row < rows; row += Tile.Rows)
            {
                TileTarget target = new() { C = to + (row * padded) + column, Stride = padded, Alpha = 1 };
                Tile.Multiply(
                    left + ((long)row * depth),
                    depth,
                    1,
                    packed + ((long)column * depth),
                    Tile.Columns,
                    Math.Min(Tile.Rows, rows - row),
                    Math.Min(Tile.Columns, rank - column),
                    depth,
                    target);
            }
        }
    }

    /// <summary>Adds slimᵀ [rank, rows] times right [rows, columns] to the sum [rank, columns].</summary>
    private static void Accumulate(float* slim, int padded, int rank, float* right, int rows, int columns, float* sum, float* tail)
    {
        for (int column = 0; column < columns; column += Tile.Columns)
        {
            int width = Math.Min(Tile.Columns, columns - column);
            float* rowsOfRight = right + column;
            nint stride = columns;
            if (width < Tile.Columns)
            {
                Panels.Pack(new MatrixView(right, columns, 1), rows, column, width, tail);
                rowsOfRight = tail;
                stride = Tile.Columns;
            }

            for (int row = 0; row < rank; row += Tile.Rows)
            {
                float* c = sum + ((long)row * columns) + column;
                TileTarget target = new() { C = c, Stride = columns, Alpha = 1, Addend = c, AddendStride = columns, Beta = 1 };
                Tile.Multiply(slim + row, 1, padded, rowsOfRight, stride, Math.Min(Tile.Rows, rank - row), width, rows, target);
            }
        }
    }

    private void Finish(float* partial, int ranges, long sums, int rank, int inputs, int outputs, float* da, float* db)
    {
        for (int index = 1; index < ranges; index++)
        {
            Span<float> all = new(partial, checked((int)sums));
            System.Numerics.Tensors.TensorPrimitives.Add(all, new ReadOnlySpan<float>(partial + (index * sums), checked((int)sums)), all);
        }

        int countA = rank * inputs;
        for (int i = 0; i < countA; i++)
        {
            da[i] = _alpha * partial[i];
        }

        float* turned = partial + countA;
        for (int output = 0; output < outputs; output++)
        {
            for (int r = 0; r < rank; r++)
            {
                db[(output * rank) + r] = _alpha * turned[(r * outputs) + output];
            }
        }
    }

    private static string Text(KernelTensor tensor) => $"[{string.Join(", ", tensor.Shape)}]";
}
