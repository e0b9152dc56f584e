using System.Numerics.Tensors;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace OnnxEmbed.Kernels.Rows;

/// <summary>The arithmetic of <see cref="RowOperation"/> on spans.</summary>
internal static class RowMath
{
    public static void Binary(RowOperation operation, ReadOnlySpan<float> a, ReadOnlySpan<float> b, Span<float> to)
    {
        switch (operation)
        {
            case RowOperation.Add:
                TensorPrimitives.Add(a, b, to);
                break;
            case RowOperation.Subtract:
                TensorPrimitives.Subtract(a, b, to);
                break;
            case RowOperation.Multiply:
                TensorPrimitives.Multiply(a, b, to);
                break;
            case RowOperation.Divide:
                TensorPrimitives.Divide(a, b, to);
                break;
            default:
                throw Wrong(operation);
        }
    }

    public static void Binary(RowOperation operation, ReadOnlySpan<float> a, float b, Span<float> to)
    {
        switch (operation)
        {
            case RowOperation.Add:
                TensorPrimitives.Add(a, b, to);
                break;
            case RowOperation.Subtract:
                TensorPrimitives.Subtract(a, b, to);
                break;
            case RowOperation.Multiply:
                TensorPrimitives.Multiply(a, b, to);
                break;
            case RowOperation.Divide:
                TensorPrimitives.Divide(a, b, to);
                break;
            default:
                throw Wrong(operation);
        }
    }

    public static void Binary(RowOperation operation, float a, ReadOnlySpan<float> b, Span<float> to)
    {
        switch (operation)
        {
            case RowOperation.Add or RowOperation.Multiply:
                Binary(operation, b, a, to);
                break;
            case RowOperation.Subtract:
                TensorPrimitives.Subtract(a, b, to);
                break;
            case RowOperation.Divide:
                TensorPrimitives.Divide(a, b, to);
                break;
            default:
                throw Wrong(operation);
        }
    }

    public static float Binary(RowOperation operation, float a, float b) => operation switch
    {
        RowOperation.Add => a + b,
        RowOperation.Subtract => a - b,
        RowOperation.Multiply => a * b,
        RowOperation.Divide => a / b,
        _ => throw Wrong(operation),
    };

    public static void Unary(RowOperation operation, ReadOnlySpan<float> a, Span<float> to)
    {
        switch (operation)
        {
            case RowOperation.Negate:
                TensorPrimitives.Negate(a, to);
                break;
            case RowOperation.Sqrt:
                TensorPrimitives.Sqrt(a, to);
                break;
            case RowOperation.Exp:
                Exponential.Exp(a, to);
                break;
            case RowOperation.Log:
                TensorPrimitives.Log(a, to);
                break;
            case RowOperation.Sigmoid:
                Exponential.Sigmoid(a, to);
                break;
            case RowOperation.Tanh:
                TensorPrimitives.Tanh(a, to);
                break;
            case RowOperation.Erf:
                ErrorFunction.Erf(a, to);
                break;
            case RowOperation.Reciprocal:
                TensorPrimitives.Reciprocal(a, to);
                break;
            case RowOperation.Abs:
                TensorPrimitives.Abs(a, to);
                break;
            case RowOperation.SwapHalves:
                int half = a.Length / 2;
                a[half..].CopyTo(to);
                a[..half].CopyTo(to[half..]);
                break;
            default:
                throw Wrong(operation);
        }
    }

    public static float Reduce(RowOperation operation, ReadOnlySpan<float> row) => operation switch
    {
        RowOperation.RowSum => Sum(row),
        RowOperation.RowMean => Sum(row) / row.Length,
        RowOperation.RowMax => TensorPrimitives.Max(row),
        _ => throw Wrong(operation),
    };

    /// <summary>The sum in an order that depends on the length only, not on where the row lies in memory.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static float Sum(ReadOnlySpan<float> row)
    {
        Vector512<float> s0 = default, s1 = default, s2 = default, s3 = default;
        int step = Vector512<float>.Count;
        int i = 0;
        for (; i <= row.Length - (4 * step); i += 4 * step)
        {
            s0 += Vector512.Create(row[i..]);
            s1 += Vector512.Create(row[(i + step)..]);
            s2 += Vector512.Create(row[(i + (2 * step))..]);
            s3 += Vector512.Create(row[(i + (3 * step))..]);
        }

        for (; i <= row.Length - step; i += step)
        {
            s0 += Vector512.Create(row[i..]);
        }

        float sum = Vector512.Sum((s0 + s1) + (s2 + s3));
        for (; i < row.Length; i++)
        {
            sum += row[i];
        }

        return sum;
    }

    private static ArgumentOutOfRangeException Wrong(RowOperation operation) =>
        new(nameof(operation), operation, "is no operation of this kind");
}
