using System.Runtime.InteropServices;
using System.Runtime.Intrinsics.X86;

namespace OnnxEmbed.Tensors;

/// <summary>
/// One tensor's element type, shape and bytes (little-endian, row-major), the bytes lying in memory or in a <see cref="MappedFile"/>.
/// Immutable; a mapped tensor is readable as long as its file is mapped.
/// </summary>
public sealed partial class TensorData
{
    private readonly ReadOnlyMemory<byte> _memory;
    private readonly MappedFile? _file;
    private readonly long _offset;

    private TensorData(ElementType elementType, long[] shape, ReadOnlyMemory<byte> memory, MappedFile? file, long offset)
    {
        ElementType = elementType;
        Shape = shape;
        ElementCount = CountElements(shape);
        ByteLength = elementType.BytesOf(ElementCount);
        _memory = memory;
        _file = file;
        _offset = offset;
    }

    /// <summary>Type of the elements.</summary>
    public ElementType ElementType { get; }

    /// <summary>Extent of each axis; empty for a scalar.</summary>
    public IReadOnlyList<long> Shape { get; }

    /// <summary>Product of <see cref="Shape"/>; 1 for a scalar.</summary>
    public long ElementCount { get; }

    /// <summary>Bytes of the whole tensor.</summary>
    public long ByteLength { get; }

    /// <summary>Copies values into a new tensor.</summary>
    /// <exception cref="ArgumentException">The number of values is not the product of the shape.</exception>
    public static TensorData From<T>(ReadOnlySpan<T> values, params long[] shape)
        where T : unmanaged => FromBytes(ElementTypes.Of<T>(), shape, MemoryMarshal.AsBytes(values).ToArray());

    /// <summary>Wraps bytes that lie in memory; they are not copied and must not change.</summary>
    /// <exception cref="ArgumentException">The number of bytes is not what type and shape need.</exception>
    public static TensorData FromBytes(ElementType elementType, long[] shape, ReadOnlyMemory<byte> bytes)
    {
        TensorData tensor = new(elementType, shape, bytes, null, 0);
        return tensor.ByteLength == bytes.Length
            ? tensor
            : throw new ArgumentException($"{tensor} needs {tensor.ByteLength} bytes, got {bytes.Length}", nameof(bytes));
    }

    /// <summary>Refers to bytes of a mapped file.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The range leaves the file.</exception>
    public static TensorData FromMapped(ElementType elementType, long[] shape, MappedFile file, long offset)
    {
        TensorData tensor = new(elementType, shape, default, file, offset);
        return offset >= 0 && offset <= file.Length - tensor.ByteLength
            ? tensor
            : throw new ArgumentOutOfRangeException(
                nameof(offset), $"{file.Path}: {tensor} needs bytes [{offset}, {offset + tensor.ByteLength}), the file has {file.Length}");
    }

    /// <summary>States type and shape of a tensor whose bytes are not there, such as one that is still to be written. It cannot be read.</summary>
    public static TensorData WithoutBytes(ElementType elementType, params long[] shape) => new(elementType, shape, default, null, 0);

    /// <summary>Product of the extents, checked for sign and overflow.</summary>
    /// <exception cref="ArgumentException">An extent is negative.</exception>
    /// <exception cref="OverflowException">The product passes 2⁶³ - 1.</exception>
    public static long CountElements(IReadOnlyList<long> shape)
    {
        long count = 1;
        foreach (long extent in shape)
        {
            count = extent >= 0
                ? checked(count * extent)
                : throw new ArgumentException($"a shape needs extents of 0 or more, got [{string.Join(", ", shape)}]", nameof(shape));
        }

        return count;
    }

    /// <summary>The bytes [<paramref name="offset"/>, <paramref name="offset"/> + <paramref name="count"/>) of the tensor, not copied.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The range leaves the tensor.</exception>
    public ReadOnlySpan<byte> Slice(long offset, int count)
    {
        if (offset < 0 || count < 0 || offset > ByteLength - count)
        {
            throw new ArgumentOutOfRangeException(nameof(offset), $"{this} has {ByteLength} bytes, not [{offset}, {offset + (long)count})");
        }

        return _file is null ? _memory.Span.Slice((int)offset, count) : _file.Slice(_offset + offset, count);
    }

    /// <summary>
    /// Asks the processor for bytes that will be read soon, so that they are on their way while others are worked on. It changes nothing else, and
    /// bytes beyond the end are left out.
    /// </summary>
    /// <param name="offset">The first byte.</param>
    /// <param name="count">How many.</param>
    public unsafe void Prefetch(long offset, int count)
    {
        const int line = 64;
        count = (int)Math.Min(count, ByteLength - offset);
        if (count <= 0 || !Sse.IsSupported)
        {
            return;
        }

        fixed (byte* first = Slice(offset, count))
        {
            for (int at = 0; at < count; at += line)
            {
                Sse.Prefetch0(first + at);
            }
        }
    }

    /// <summary>All elements as an array of the type they are stored as.</summary>
    /// <exception cref="InvalidOperationException"><typeparamref name="T"/> is not the element type.</exception>
    public T[] ToArray<T>()
        where T : unmanaged
    {
        if (ElementTypes.Of<T>() != ElementType)
        {
            throw new InvalidOperationException($"needs a tensor of {ElementTypes.Of<T>().ShortName()}, got {this}");
        }

        T[] values = new T[ElementCount];
        Span<byte> target = MemoryMarshal.AsBytes(values.AsSpan());
        Slice(0, target.Length).CopyTo(target);
        return values;
    }

    /// <summary>Type and shape, as in <c>f32[128, 64]</c>.</summary>
    public override string ToString() => $"{ElementType.ShortName()}[{string.Join(", ", Shape)}]";
}
