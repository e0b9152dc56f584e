using OnnxEmbed.Onnx;
using OnnxEmbed.Tensors;

namespace OnnxEmbed.Merging.Inputs;

/// <summary>
/// A weight in codes: scale · (code - zero point), with one scale for each group of elements. Which operators hold such weights where, see
/// <see cref="Find"/>.
/// </summary>
internal sealed partial class QuantisedTensor
{
    private readonly byte[] _zeros;
    private readonly double[]? _floatZeros;
    private readonly int[]? _groupOfColumn;
    private readonly long _inner;
    private readonly long _extent;
    private readonly long _block;
    private readonly long _blocks;
    private readonly bool _isPacked;

    private QuantisedTensor(string name, OnnxModel model, string scales, string? zeros, long[] shape, int axis, long block, int bits,
        bool isPacked,
        int[]? groupOfColumn = null)
    {
        Name = name;
        ScalesName = scales;
        ZerosName = zeros;
        Codes = model.Tensors[name];
        Scales = model.Tensors[scales];
        Zeros = zeros is null ? null : model.Tensors[zeros];
        Shape = shape;
        Bits = bits;
        _isPacked = isPacked;
        IsSigned = Codes.ElementType is ElementType.Int8 or ElementType.Int4;
        _groupOfColumn = groupOfColumn;
        _inner = shape.Skip(axis + 1).Aggregate(1L, (product, extent) => product * extent);
        _extent = shape.Length == 0 ? 1 : shape[axis];
        _block = Math.Max(1, block);
        _blocks = (_extent + _block - 1) / _block;
        IsPerAxis = !isPacked && block == 0 && Scales.ElementCount > 1;
        IsPerTensor = Scales.ElementCount == 1;
        _zeros = Zeros is null ? [] : Zeros.Slice(0, (int)Zeros.ByteLength).ToArray();
        _floatZeros = Zeros?.ElementType.IsFloat() == true ? Zeros.ToDoubles() : null;
        GroupScales = Scales.ToDoubles();
    }

    public string Name { get; }

    public string ScalesName { get; }

    /// <summary>The tensor of zero points; null where they are implied.</summary>
    public string? ZerosName { get; }

    /// <summary>The tensor that assigns columns to blocks; null where they lie in order.</summary>
    public string? OrderName { get; private init; }

    public TensorData Codes { get; }

    public TensorData Scales { get; }

    public TensorData? Zeros { get; }

    /// <summary>Extents of the weight.</summary>
    public long[] Shape { get; }

    public int Bits { get; }

    public bool IsSigned { get; }

    public bool IsPacked => _isPacked;

    public double[] GroupScales { get; }

    /// <summary>The zero point where none is stored.</summary>
    public int ImpliedZero => _isPacked ? 1 << (Bits - 1) : 0;

    private bool IsPerAxis { get; }

    private bool IsPerTensor { get; }

    /// <summary>Whether other weights use the scales or zero points, too, which then stay as they are.</summary>
    public bool SharesScales { get; private init; }

    /// <summary>Whether zero points are of a float type, and need be no whole numbers.</summary>
    public bool HasFloatZeros => _floatZeros is not null;

    /// <summary>The least code.</summary>
    public int Lowest => IsSigned ? -(1 << (Bits - 1)) : 0;

    /// <summary>The largest code.</summary>
    public int Highest => IsSigned ? (1 << (Bits - 1)) - 1 : (1 << Bits) - 1;

    /// <summary>Whether codes, scales and zero points lie alike, so that the bytes of one can stand for the other's.</summary>
    public bool LiesLike(QuantisedTensor other) => Codes.ToString() == other.Codes.ToString()
        && Scales.ToString() == other.Scales.ToString()
        && Zeros?.ToString() == other.Zeros?.ToString() && Shape.SequenceEqual(other.Shape) && Bits == other.Bits && _block == other._block
        && (_groupOfColumn ?? []).AsSpan().SequenceEqual(other._groupOfColumn ?? [])
        && (!SharesScales || (Scales.ContentEquals(other.Scales) && (Zeros is null || Zeros.ContentEquals(other.Zeros!))));

    /// <summary>Index of the scale that holds for an element.</summary>
    public long GroupOf(long element)
    {
        if (IsPerTensor)
        {
            return 0;
        }

        if (_groupOfColumn is { } groups)
        {
            (long row, long column) = Math.DivRem(element, _extent);
            return (row * _blocks) + groups[column];
        }

        (long outer, long within) = Math.DivRem(element, _extent * _inner);
        (long index, long inner) = Math.DivRem(within, _inner);
        return IsPerAxis ? index : (((outer * _blocks) + (index / _block)) * _inner) + inner;
    }

    public double ZeroOf(long group)
    {
        if (Zeros is null)
        {
            return ImpliedZero;
        }

        if (_floatZeros is not null)
        {
            return _floatZeros[_floatZeros.Length == 1 ? 0 : group];
        }

        (int place, int shift) = PlaceOfZero(group);
        return CodeAt(_zeros[place], shift);
    }

    /// <summary>The code, or zero point, at a bit of a byte.</summary>
    public int CodeAt(byte stored, int shift)
    {
        int code = (stored >> shift) & ((1 << Bits) - 1);
        return IsSigned && code > Highest ? code - (1 << Bits) : code;
    }

    /// <summary>Byte and bit of an element's code.</summary>
    public (long Byte, int Shift) PlaceOf(long element)
    {
        if (!_isPacked)
        {
            long first = element * Bits;
            return (first / 8, (int)(first % 8));
        }

        (long row, long column) = Math.DivRem(element, _extent);
        long bit = (((row * _blocks) + (column / _block)) * (_block * Bits)) + (column % _block * Bits);
        return (bit / 8, (int)(bit % 8));
    }

    /// <summary>Byte and bit of a zero point; of MatMulNBits each row of them begins at a byte.</summary>
    public (int Byte, int Shift) PlaceOfZero(long group)
    {
        (long row, long block) = _isPacked ? Math.DivRem(group, _blocks) : (0, group);
        long rowBytes = ((_blocks * Bits) + 7) / 8;
        return ((int)((row * rowBytes) + (block * Bits / 8)), (int)(block * Bits % 8));
    }
}
