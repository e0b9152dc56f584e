namespace OnnxEmbed.Tensors;

/// <content>Reading and making floating-point tensors in whichever type they are stored.</content>
public sealed partial class TensorData
{
    private const int ConversionChunk = 1 << 18;

    /// <summary>Stores values as f64, f32, f16 or bf16, rounding to nearest even.</summary>
    /// <exception cref="ArgumentException">The number of values is not the product of the shape, or the type is not floating-point.</exception>
    public static TensorData FromSingles(ReadOnlySpan<float> values, ElementType elementType, params long[] shape)
    {
        byte[] bytes = new byte[(long)values.Length * elementType.SizeInBytes()];
        FloatConversion.FromSingles(values, elementType, bytes);
        return FromBytes(elementType, shape, bytes);
    }

    /// <summary>Stores values as f64, f32, f16 or bf16, rounding once to nearest even.</summary>
    /// <exception cref="ArgumentException">The number of values is not the product of the shape, or the type is not floating-point.</exception>
    public static TensorData FromDoubles(ReadOnlySpan<double> values, ElementType elementType, params long[] shape)
    {
        byte[] bytes = new byte[(long)values.Length * elementType.SizeInBytes()];
        FloatConversion.FromDoubles(values, elementType, bytes);
        return FromBytes(elementType, shape, bytes);
    }

    /// <summary>All elements as floats; f64 is rounded.</summary>
    /// <exception cref="InvalidOperationException">The tensor is not f64, f32, f16 or bf16.</exception>
    public float[] ToSingles()
    {
        float[] values = new float[FloatCount()];
        int size = ElementType.SizeInBytes();
        for (int start = 0; start < values.Length; start += ConversionChunk)
        {
            int count = Math.Min(ConversionChunk, values.Length - start);
            FloatConversion.ToSingles(ElementType, Slice((long)start * size, count * size), values.AsSpan(start, count));
        }

        return values;
    }

    /// <summary>All elements as doubles, exactly.</summary>
    /// <exception cref="InvalidOperationException">The tensor is not f64, f32, f16 or bf16.</exception>
    public double[] ToDoubles()
    {
        double[] values = new double[FloatCount()];
        int size = ElementType.SizeInBytes();
        for (int start = 0; start < values.Length; start += ConversionChunk)
        {
            int count = Math.Min(ConversionChunk, values.Length - start);
            FloatConversion.ToDoubles(ElementType, Slice((long)start * size, count * size), values.AsSpan(start, count));
        }

        return values;
    }

    /// <summary>Whether type, shape and every byte are the same.</summary>
    public bool ContentEquals(TensorData other)
    {
        if (ElementType != other.ElementType || !Shape.SequenceEqual(other.Shape))
        {
            return false;
        }

        for (long start = 0; start < ByteLength; start += ConversionChunk)
        {
            int count = (int)Math.Min(ConversionChunk, ByteLength - start);
            if (!Slice(start, count).SequenceEqual(other.Slice(start, count)))
            {
                return false;
            }
        }

        return true;
    }

    private long FloatCount() => ElementType.IsFloat()
        ? ElementCount
        : throw new InvalidOperationException($"needs a tensor of f64, f32, f16 or bf16, got {this}");
}
