using OnnxEmbed.Tensors;

namespace OnnxEmbed.Merging.Engine;

/// <summary>The values of one tensor in one model, read block by block. Thread-safe.</summary>
internal abstract class WeightSource(TensorData stored)
{
    /// <summary>The tensor as it lies in the file; of a view type and shape only.</summary>
    public TensorData Stored { get; } = stored;

    /// <summary>Whether values need double; others are exact as floats.</summary>
    public abstract bool NeedsDouble { get; }

    /// <summary>Whether the values are not those of <see cref="Stored"/>.</summary>
    public abstract bool IsChanged { get; }

    /// <summary>Whether the values are those of tensors in files in another order or coding, of which <see cref="Stored"/> has no bytes.</summary>
    public virtual bool IsView => false;

    /// <summary>
    /// The elements [<paramref name="start"/>, + count of <paramref name="scratch"/>) of <see cref="Stored"/>, which is not f64: a view of the file where it
    /// holds floats. They are the values unless those are changed.
    /// </summary>
    public virtual ReadOnlySpan<float> Singles(long start, Span<float> scratch)
    {
        int size = Stored.ElementType.SizeInBytes();
        ReadOnlySpan<byte> bytes = Stored.Slice(start * size, scratch.Length * size);
        if (Stored.ElementType == ElementType.Float32)
        {
            return System.Runtime.InteropServices.MemoryMarshal.Cast<byte, float>(bytes);
        }

        FloatConversion.ToSingles(Stored.ElementType, bytes, scratch);
        return scratch;
    }

    /// <summary>Fills <paramref name="target"/> with the values from <paramref name="start"/> on.</summary>
    public abstract void Doubles(long start, Span<double> target);

    /// <summary>Fills <paramref name="target"/> with the elements of <see cref="Stored"/> from <paramref name="start"/> on.</summary>
    public virtual void StoredDoubles(long start, Span<double> target)
    {
        int size = Stored.ElementType.SizeInBytes();
        FloatConversion.ToDoubles(Stored.ElementType, Stored.Slice(start * size, target.Length * size), target);
    }
}
