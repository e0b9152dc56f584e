using System.Globalization;
using OnnxEmbed.Tensors;

namespace OnnxEmbed.TestKit.Comparing;

/// <summary>Comparison of whole tensors that says where and how far they differ.</summary>
public static class TensorAssert
{
    /// <summary>Demands equal type, shape and, within the tolerance (default: that of the type), values.</summary>
    /// <exception cref="TensorMismatchException">They differ; the text names the worst element, its index and both values.</exception>
    public static void Close(TensorData expected, TensorData actual, Tolerance? tolerance = null, string what = "tensor")
    {
        if (expected.ElementType != actual.ElementType || !expected.Shape.SequenceEqual(actual.Shape))
        {
            throw new TensorMismatchException($"{what}: needs {expected}, got {actual}");
        }

        Close(Numbers(expected), Numbers(actual), expected.Shape, tolerance ?? Tolerance.Of(expected.ElementType), what);
    }

    /// <summary>Demands equal length and values within the tolerance.</summary>
    /// <exception cref="TensorMismatchException">They differ.</exception>
    public static void Close(ReadOnlySpan<double> expected, ReadOnlySpan<double> actual, Tolerance tolerance, string what = "values") =>
        Close(expected, actual, [expected.Length], tolerance, what);

    /// <summary>Demands equal length and values within the tolerance (default: f32's).</summary>
    /// <exception cref="TensorMismatchException">They differ.</exception>
    public static void Close(
        ReadOnlySpan<float> expected, ReadOnlySpan<float> actual, Tolerance? tolerance = null, string what = "values") =>
        Close(Widen(expected), Widen(actual), [expected.Length], tolerance ?? Tolerance.Single, what);

    /// <summary>The elements as doubles; booleans as 0 and 1.</summary>
    /// <exception cref="NotSupportedException">The type has no numbers that a double holds here.</exception>
    public static double[] Numbers(TensorData tensor) => tensor.ElementType switch
    {
        ElementType.Float64 => tensor.ToArray<double>(),
        ElementType.Float32 => Array.ConvertAll(tensor.ToArray<float>(), value => (double)value),
        ElementType.Float16 => Array.ConvertAll(tensor.ToArray<Half>(), value => (double)value),
        ElementType.BFloat16 => Array.ConvertAll(
            System.Runtime.InteropServices.MemoryMarshal.Cast<byte, ushort>(tensor.Slice(0, (int)tensor.ByteLength)).ToArray(),
            bits => (double)BitConverter.UInt32BitsToSingle((uint)bits << 16)),
        ElementType.Int64 => Array.ConvertAll(tensor.ToArray<long>(), value => (double)value),
        ElementType.Int32 => Array.ConvertAll(tensor.ToArray<int>(), value => (double)value),
        ElementType.UInt8 => Array.ConvertAll(tensor.ToArray<byte>(), value => (double)value),
        ElementType.Int8 => Array.ConvertAll(tensor.ToArray<sbyte>(), value => (double)value),
        ElementType.Bool => Array.ConvertAll(tensor.ToArray<bool>(), value => value ? 1.0 : 0.0),
        _ => throw new NotSupportedException($"no comparison for {tensor}"),
    };

    internal static string Index(long flat, IReadOnlyList<long> shape)
    {
        long[] index = new long[shape.Count];
        for (int axis = shape.Count - 1; axis >= 0; axis--)
        {
            (flat, index[axis]) = Math.DivRem(flat, shape[axis]);
        }

        return $"[{string.Join(", ", index)}]";
    }

    private static void Close(
        ReadOnlySpan<double> expected, ReadOnlySpan<double> actual, IReadOnlyList<long> shape, Tolerance tolerance, string what)
    {
        if (expected.Length != actual.Length)
        {
            throw new TensorMismatchException($"{what}: needs {expected.Length} values, got {actual.Length}");
        }

        int wrong = 0;
        int worst = -1;
        double worstExcess = double.NegativeInfinity;
        for (int i = 0; i < expected.Length; i++)
        {
            if (tolerance.Allows(expected[i], actual[i]))
            {
                continue;
            }

            wrong++;
            double excess = Math.Abs(actual[i] - expected[i]) / (tolerance.Absolute + (tolerance.Relative * Math.Abs(expected[i])));
            if (double.IsNaN(excess))
            {
                excess = double.PositiveInfinity;
            }

            if (worst < 0 || excess > worstExcess)
            {
                (worst, worstExcess) = (i, excess);
            }
        }

        if (wrong > 0)
        {
            double difference = actual[worst] - expected[worst];
            throw new TensorMismatchException(string.Create(
                CultureInfo.InvariantCulture,
                $"{what}: {wrong} of {expected.Length} values differ by more than ")
                + string.Create(CultureInfo.InvariantCulture, $"{tolerance.Absolute:G3} + {tolerance.Relative:G3}·|expected|; ")
                + string.Create(
                    CultureInfo.InvariantCulture,
                    $"worst at {Index(worst, shape)}: expected {expected[worst]:R}, got {actual[worst]:R} (difference {difference:G4})"));
        }
    }

    private static double[] Widen(ReadOnlySpan<float> values) => Array.ConvertAll(values.ToArray(), value => (double)value);
}
