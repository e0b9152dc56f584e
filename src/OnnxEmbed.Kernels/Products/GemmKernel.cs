using OnnxEmbed.Kernels.Operators;

namespace OnnxEmbed.Kernels.Products;

/// <summary>
/// ONNX's Gemm for f32 matrices: alpha·op(A)·op(B) + beta·C, where C is [M, N] or a row that is added to all rows, or is left out.
/// </summary>
internal sealed unsafe class GemmKernel(KernelAttributes attributes) : CpuKernel
{
    public const string Name = "Gemm";

    private readonly bool _transA = (attributes.Integer("transA\0"u8) ?? 0) != 0;
    private readonly bool _transB = (attributes.Integer("transB\0"u8) ?? 0) != 0;
    private readonly float _alpha = attributes.Float("alpha\0"u8) ?? 1;
    private readonly float _beta = attributes.Float("beta\0"u8) ?? 1;

    public override void Compute(KernelContext context)
    {
        KernelTensor a = context.Input(0);
        KernelTensor b = context.Input(1);
        (int m, int k) = Extents(a, _transA);
        (int inner, int n) = Extents(b, _transB);
        if (k != inner)
        {
            throw new InvalidOperationException($"Gemm: needs factors with a common axis, got [{m}, {k}] and [{inner}, {n}]");
        }

        TileTarget target = new() { C = (float*)context.Output(0, [m, n]), Stride = n, Alpha = _alpha, Beta = _beta };
        if (context.InputCount > 2)
        {
            KernelTensor addend = context.Input(2);
            long[] shape = addend.Shape;
            bool matrix = shape.Length == 2 && shape[0] == m && shape[1] == n;
            if (!matrix && (addend.ElementCount != n || shape[^1] != n))
            {
                throw new InvalidOperationException($"Gemm: needs an addend [{m}, {n}] or [{n}], got [{string.Join(", ", shape)}]");
            }

            target.Addend = (float*)addend.Data;
            target.AddendStride = matrix ? n : 0;
        }

        Product.Multiply(context, m, n, k, View(a, _transA), View(b, _transB), target);
    }

    private static (int Rows, int Columns) Extents(KernelTensor tensor, bool transposed)
    {
        (int rows, int columns) = checked(((int)tensor.Shape[0], (int)tensor.Shape[1]));
        return transposed ? (columns, rows) : (rows, columns);
    }

    private static MatrixView View(KernelTensor tensor, bool transposed)
    {
        MatrixView stored = new((float*)tensor.Data, (nint)tensor.Shape[1], 1);
        return transposed ? stored.Transposed : stored;
    }
}
