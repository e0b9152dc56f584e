using OnnxEmbed.Kernels.Operators;

namespace OnnxEmbed.Kernels.Products;

/// <summary>
/// Products of a batch of matrices, transpositions included: with A' = Transpose(A, order a) [B₀, B₁, M, K] and B' = Transpose(B, order b)
/// [B₀, B₁, K, N] the result is Transpose(A'·B', order c). Nothing is moved for the transpositions. Each matrix is the work of one thread.
/// </summary>
internal sealed unsafe class BatchedProductKernel(KernelAttributes attributes) : CpuKernel
{
    public const string Name = "BatchedMatMul";

    private const int Rank = 4;

    private readonly int[] _orderA = Axes(attributes.Text("a\0"u8));
    private readonly int[] _orderB = Axes(attributes.Text("b\0"u8));
    private readonly int[] _orderC = Axes(attributes.Text("c\0"u8));

    public override void Compute(KernelContext context)
    {
        KernelTensor a = context.Input(0);
        KernelTensor b = context.Input(1);
        (long[] extentsA, long[] stridesA) = View(a.Shape, _orderA);
        (long[] extentsB, long[] stridesB) = View(b.Shape, _orderB);
        if (extentsA[0] != extentsB[0] || extentsA[1] != extentsB[1] || extentsA[3] != extentsB[2])
        {
            throw new InvalidOperationException(
                $"BatchedMatMul: needs [B, B', M, K] and [B, B', K, N], got [{string.Join(", ", extentsA)}] and [{string.Join(", ", extentsB)}]");
        }

        long[] extentsC = [extentsA[0], extentsA[1], extentsA[2], extentsB[3]];
        long[] shape = [.. _orderC.Select(axis => extentsC[axis])];
        float* c = (float*)context.Output(0, shape);
        long[] stridesC = new long[Rank];
        long stride = 1;
        for (int axis = Rank - 1; axis >= 0; axis--)
        {
            stridesC[_orderC[axis]] = stride;
            stride *= shape[axis];
        }

        // A tile writes along a row: where the result's columns lie in a row, the transposed product is computed.
        bool turned = stridesC[3] != 1;
        (int m, int n, int k) = checked(((int)extentsC[2], (int)extentsC[3], (int)extentsA[3]));
        int batches = checked((int)(extentsC[0] * extentsC[1]));
        int group = Math.Max(1, Math.Min(batches / 8, (1 << 20) / Math.Max(1, m * n * k)));
        float* dataA = (float*)a.Data;
        float* dataB = (float*)b.Data;
        context.ParallelFor((batches + group - 1) / group, task =>
        {
            using ScratchMemory memory = ScratchMemory.Rent((long)Tile.Columns * k);
            for (int batch = task * group; batch < Math.Min(batches, (task + 1) * group); batch++)
            {
                (long outer, long inner) = Math.DivRem(batch, extentsC[1]);
                MatrixView left = new(dataA + (outer * stridesA[0]) + (inner * stridesA[1]), (nint)stridesA[2], (nint)stridesA[3]);
                MatrixView right = new(dataB + (outer * stridesB[0]) + (inner * stridesB[1]), (nint)stridesB[2], (nint)stridesB[3]);
                TileTarget target = new()
                {
                    C = c + (outer * stridesC[0]) + (inner * stridesC[1]),
                    Stride = (nint)stridesC[turned ? 3 : 2],
                    Alpha = 1,
                };
                if (turned)
                {
                    Product.Small(n, m, k, right.Transposed, left.Transposed, target, memory.Data);
                }
                else
                {
                    Product.Small(m, n, k, left, right, target, memory.Data);
                }
            }
        });
    }

    private static int[] Axes(string? order) => [.. (order ?? "0123").Select(digit => digit - '0')];

    private static (long[] Extents, long[] Strides) View(long[] shape, int[] order)
    {
        long[] strides = new long[Rank];
        long stride = 1;
        for (int axis = Rank - 1; axis >= 0; axis--)
        {
            strides[axis] = stride;
            stride *= shape[axis];
        }

        return ([.. order.Select(axis => shape[axis])], [.. order.Select(axis => strides[axis])]);
    }
}
