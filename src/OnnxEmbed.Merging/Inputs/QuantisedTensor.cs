using OnnxEmbed.Merging.Engine;
using OnnxEmbed.Onnx;
using OnnxEmbed.Onnx.Schema;
using OnnxEmbed.Tensors;

namespace OnnxEmbed.Merging.Inputs;

/// <summary>
/// A weight in codes: scale · (code - zero point), with one scale for each group of elements
/// (https://github.com/onnx/onnx/blob/v1.17.0/docs/Operators.md#dequantizelinear per tensor, per axis and blocked;
/// https://github.com/microsoft/onnxruntime/blob/v1.20.0/docs/ContribOperators.md#com.microsoft.MatMulNBits: W [N, K] in blocks along K, two
/// 4-bit codes a byte, the first in the low half).
/// </summary>
internal sealed class QuantisedTensor
{
    private readonly byte[] _zeros;
    private readonly long _inner;
    private readonly long _extent;
    private readonly long _block;
    private readonly long _blocks;
    private readonly bool _isPacked;

    private QuantisedTensor(string name, OnnxModel model, string scales, string? zeros, long[] shape, int axis, long block, int bits, bool isPacked)
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
        IsSigned = Codes.ElementType == ElementType.Int8;
        _inner = shape.Skip(axis + 1).Aggregate(1L, (product, extent) => product * extent);
        _extent = shape.Length == 0 ? 1 : shape[axis];
        _block = Math.Max(1, block);
        _blocks = (_extent + _block - 1) / _block;
        IsPerAxis = !isPacked && block == 0 && Scales.ElementCount > 1;
        IsPerTensor = Scales.ElementCount == 1;
        _zeros = Zeros is null ? [] : Zeros.Slice(0, (int)Zeros.ByteLength).ToArray();
        GroupScales = Scales.ToDoubles();
    }

    public string Name { get; }

    public string ScalesName { get; }

    /// <summary>The tensor of zero points; null where they are implied.</summary>
    public string? ZerosName { get; }

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

    /// <summary>
    /// The quantised weights of a model by the tensor of their codes: constants of a DequantizeLinear with one use, or of a MatMulNBits. Others
    /// (with activations in whole numbers, sorted columns or scales that several weights share) are not among them and cannot be merged.
    /// </summary>
    public static IReadOnlyDictionary<string, QuantisedTensor> Find(OnnxModel model)
    {
        Dictionary<string, QuantisedTensor> found = new(StringComparer.Ordinal);
        if (!model.Proto.Graph.Node.Any(node => node.OpType is "DequantizeLinear" or "MatMulNBits"))
        {
            return found;
        }

        Consumers consumers = new(model.Proto.Graph);
        foreach (NodeProto node in model.Proto.Graph.Node)
        {
            QuantisedTensor? tensor = node.OpType switch
            {
                "DequantizeLinear" when node.Input.Count >= 2 => OfDequantize(node, model, consumers),
                "MatMulNBits" when node.Input.Count >= 3 => OfMatMul(node, model, consumers),
                _ => null,
            };
            if (tensor is not null)
            {
                found[tensor.Name] = tensor;
            }
        }

        return found;
    }

    /// <summary>Whether codes, scales and zero points lie alike, so that the bytes of one can stand for the other's.</summary>
    public bool LiesLike(QuantisedTensor other) => Codes.ToString() == other.Codes.ToString() && Scales.ToString() == other.Scales.ToString()
        && Zeros?.ToString() == other.Zeros?.ToString() && Shape.SequenceEqual(other.Shape) && Bits == other.Bits && _block == other._block;

    /// <summary>Index of the scale that holds for an element.</summary>
    public long GroupOf(long element)
    {
        if (IsPerTensor)
        {
            return 0;
        }

        (long outer, long within) = Math.DivRem(element, _extent * _inner);
        (long index, long inner) = Math.DivRem(within, _inner);
        return IsPerAxis ? index : (((outer * _blocks) + (index / _block)) * _inner) + inner;
    }

    public int ZeroOf(long group)
    {
        if (Zeros is null)
        {
            return ImpliedZero;
        }

        if (!_isPacked)
        {
            return IsSigned ? unchecked((sbyte)_zeros[group]) : _zeros[group];
        }

        (int place, int shift) = PackedZero(group);
        return (_zeros[place] >> shift) & ((1 << Bits) - 1);
    }

    /// <summary>Byte and bit of an element's code.</summary>
    public (long Byte, int Shift) PlaceOf(long element)
    {
        if (!_isPacked)
        {
            return (element, 0);
        }

        (long row, long column) = Math.DivRem(element, _extent);
        long bit = (((row * _blocks) + (column / _block)) * (_block * Bits)) + (column % _block * Bits);
        return (bit / 8, (int)(bit % 8));
    }

    /// <summary>Byte and bit of a packed zero point; each row of them begins at a byte.</summary>
    public (int Byte, int Shift) PackedZero(long group)
    {
        (long row, long block) = Math.DivRem(group, _blocks);
        long rowBytes = ((_blocks * Bits) + 7) / 8;
        return ((int)((row * rowBytes) + (block * Bits / 8)), (int)(block * Bits % 8));
    }

    private static QuantisedTensor? OfDequantize(NodeProto node, OnnxModel model, Consumers consumers)
    {
        if (!Owned(model, consumers, node.Input[0], out TensorData? codes) || !Owned(model, consumers, node.Input[1], out TensorData? scales)
            || codes.ElementType is not (ElementType.Int8 or ElementType.UInt8) || !scales.ElementType.IsFloat())
        {
            return null;
        }

        string? zeros = node.Input.Count > 2 && node.Input[2].Length > 0 ? node.Input[2] : null;
        if (zeros is not null)
        {
            if (!model.Tensors.TryGetValue(zeros, out TensorData? values) || values.ElementType != codes.ElementType
                || values.ElementCount != scales.ElementCount)
            {
                return null;
            }

            if (consumers.Of(zeros).Count() > 1)
            {
                if (values.Slice(0, (int)values.ByteLength).ContainsAnyExcept((byte)0))
                {
                    return null;
                }

                zeros = null; // zeros that several weights share stay zeros
            }
        }

        int axis = (int)(Attribute(node, "axis") ?? 1);
        axis = axis < 0 ? axis + codes.Shape.Count : axis;
        long block = Attribute(node, "block_size") ?? 0;
        bool fits = scales.ElementCount == 1
            || (block == 0 && scales.Shape.Count == 1 && axis < codes.Shape.Count && scales.Shape[0] == codes.Shape[axis])
            || (block > 0 && axis < codes.Shape.Count
                && scales.Shape.SequenceEqual(codes.Shape.Select((extent, i) => i == axis ? (extent + block - 1) / block : extent)));
        axis = Math.Min(axis, Math.Max(0, codes.Shape.Count - 1));
        return fits ? new QuantisedTensor(node.Input[0], model, node.Input[1], zeros, [.. codes.Shape], axis, block, 8, false) : null;
    }

    private static QuantisedTensor? OfMatMul(NodeProto node, OnnxModel model, Consumers consumers)
    {
        if (!Owned(model, consumers, node.Input[1], out TensorData? codes) || !Owned(model, consumers, node.Input[2], out TensorData? scales)
            || (Attribute(node, "N"), Attribute(node, "K"), Attribute(node, "block_size")) is not (long n and > 0, long k and > 0, long block and > 0)
            || codes.ElementType != ElementType.UInt8 || !scales.ElementType.IsFloat() || (node.Input.Count > 4 && node.Input[4].Length > 0))
        {
            return null;
        }

        long bits = Attribute(node, "bits") ?? 4;
        long blocks = (k + block - 1) / block;
        string? zeros = node.Input.Count > 3 && node.Input[3].Length > 0 ? node.Input[3] : null;
        bool fits = bits is 2 or 4 or 8 && codes.ByteLength == n * blocks * (block * bits / 8) && scales.ElementCount == n * blocks
            && (zeros is null || (Owned(model, consumers, zeros, out TensorData? values) && values.ElementType == ElementType.UInt8
                && values.ByteLength == n * (((blocks * bits) + 7) / 8)));
        return fits ? new QuantisedTensor(node.Input[1], model, node.Input[2], zeros, [n, k], 1, block, (int)bits, true) : null;
    }

    private static bool Owned(
        OnnxModel model, Consumers consumers, string name, [System.Diagnostics.CodeAnalysis.NotNullWhen(true)] out TensorData? tensor) =>
        model.Tensors.TryGetValue(name, out tensor) && consumers.Of(name).Count() == 1;

    private static long? Attribute(NodeProto node, string name) => node.Attribute.FirstOrDefault(attribute => attribute.Name == name)?.I;
}
