using OnnxEmbed.Tensors;

namespace OnnxEmbed.Merging.Engine;

/// <summary>weight · value, element by element, added to a tensor.</summary>
/// <param name="Value">What is added.</param>
/// <param name="Weight">Its factor.</param>
/// <param name="Transposed">Whether the tensor lies the other way round.</param>
internal sealed record DenseChange(TensorData Value, double Weight, bool Transposed)
{
    /// <summary>Adds the elements of the tensor from <paramref name="start"/> on.</summary>
    /// <param name="start">Index of the first element.</param>
    /// <param name="columns">Columns of the tensor that is changed.</param>
    /// <param name="target">What is added to.</param>
    public void AddTo(long start, int columns, Span<double> target)
    {
        int size = Value.ElementType.SizeInBytes();
        if (Transposed)
        {
            long rows = Value.ElementCount / columns;
            Span<double> single = stackalloc double[1];
            for (int i = 0; i < target.Length; i++)
            {
                long row = (start + i) / columns, column = (start + i) % columns;
                FloatConversion.ToDoubles(Value.ElementType, Value.Slice(((column * rows) + row) * size, size), single);
                target[i] += Weight * single[0];
            }

            return;
        }

        const int Chunk = 2048;
        Span<double> values = stackalloc double[Chunk];
        for (int done = 0; done < target.Length; done += Chunk)
        {
            Span<double> part = target.Slice(done, Math.Min(Chunk, target.Length - done));
            FloatConversion.ToDoubles(Value.ElementType, Value.Slice((start + done) * size, part.Length * size), values[..part.Length]);
            Blends.Accumulate(Weight, values[..part.Length], part);
        }
    }
}
