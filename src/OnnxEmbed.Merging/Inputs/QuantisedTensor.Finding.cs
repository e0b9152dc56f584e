using System.Diagnostics.CodeAnalysis;
using OnnxEmbed.Merging.Engine;
using OnnxEmbed.Onnx;
using OnnxEmbed.Onnx.Schema;
using OnnxEmbed.Tensors;

namespace OnnxEmbed.Merging.Inputs;

/// <content>Which nodes hold quantised weights.</content>
internal sealed partial class QuantisedTensor
{
    /// <summary>
    /// Places of codes, scales and zero points among the inputs of operators whose weight is [in, out], with a scale for all or for each
    /// output.
    /// </summary>
    private static readonly Dictionary<string, (int Codes, int Scales, int Zeros)> Products = new(StringComparer.Ordinal)
    {
        ["QLinearMatMul"] = (3, 4, 5),
        ["MatMulIntegerToFloat"] = (1, 3, 5),
        ["DynamicQuantizeMatMul"] = (1, 2, 3),
        ["QAttention"] = (1, 4, 7),
        ["QGemm"] = (3, 4, 5),
    };

    /// <summary>
    /// The quantised weights of a model by the tensor of their codes, where these are an initializer of one node:
    /// <list type="bullet">
    /// <item>DequantizeLinear with 4 or 8 bits, per tensor, per axis and in blocks
    /// (https://github.com/onnx/onnx/blob/v1.17.0/docs/Operators.md#dequantizelinear);</item>
    /// <item>MatMulNBits: [out, in] in blocks along the inputs, 2, 4 or 8 bits, zero points in codes or floats, columns assigned to blocks
    /// by g_idx
    /// (https://github.com/microsoft/onnxruntime/blob/v1.20.0/docs/ContribOperators.md#com.microsoft.MatMulNBits);</item>
    /// <item>QLinearMatMul, QGemm without a bias, MatMulIntegerToFloat, DynamicQuantizeMatMul, QAttention, and MatMulInteger whose result
    /// is
    /// multiplied by the scale of the weight, as ONNX Runtime quantises dynamically.</item>
    /// </list>
    /// </summary>
    public static IReadOnlyDictionary<string, QuantisedTensor> Find(OnnxModel model)
    {
        Dictionary<string, QuantisedTensor> found = new(StringComparer.Ordinal);
        if (!model.Proto.Graph.Node.Any(node => Products.ContainsKey(node.OpType)
            || node.OpType is "DequantizeLinear" or "MatMulNBits" or "MatMulInteger"))
        {
            return found;
        }

        Consumers consumers = new(model.Proto.Graph);
        Dictionary<string, NodeProto> makers = new(StringComparer.Ordinal);
        foreach (NodeProto node in model.Proto.Graph.Node)
        {
            foreach (string output in node.Output.Where(output => output.Length > 0))
            {
                makers[output] = node;
            }
        }

        foreach (NodeProto node in model.Proto.Graph.Node)
        {
            QuantisedTensor? tensor = node.OpType switch
            {
                "DequantizeLinear" => OfDequantize(node, model, consumers),
                "MatMulNBits" => OfMatMul(node, model, consumers),
                "MatMulInteger" => OfInteger(node, model, consumers, makers),
                _ when Products.TryGetValue(node.OpType, out (int Codes, int Scales, int Zeros) places) =>
                    OfProduct(node, Input(node, places.Codes), Input(node, places.Scales), Input(node, places.Zeros), model, consumers),
                _ => null,
            };
            if (tensor is not null)
            {
                found[tensor.Name] = tensor;
            }
        }

        return found;
    }

    /// <summary>Why the codes that a node reads cannot be merged.</summary>
    public static string WhyNot(NodeProto node)
    {
        string what = node.Name.Length > 0 ? $"{node.OpType} '{node.Name}'" : node.OpType;
        return node.OpType switch
        {
            "QGemm" => $"{what} has a bias in steps of the scales of input and weight, which other weights would change",
            "QLinearConv" or "ConvInteger" => $"{what} is a convolution, of which weights in whole numbers are not merged",
            "MatMulBnb4" => $"{what} holds numbers of a table (FP4, NF4), not steps of a scale",
            "GatherBlockQuantized" => $"{what} looks rows up in blocks of codes",
            "MatMulInteger" => $"{what} is followed by no product with a scale of the weight alone, so that its numbers are not known",
            _ => $"{what} needs codes of its own, scales for the tensor, an axis or its blocks, and zero points as many",
        };
    }

    private static QuantisedTensor? OfDequantize(NodeProto node, OnnxModel model, Consumers consumers)
    {
        string? zeros = Input(node, 2);
        if (!Owned(model, consumers, Input(node, 0), out TensorData? codes)
            || !model.Tensors.TryGetValue(Input(node, 1) ?? "", out TensorData? scales)
            || codes.ElementType is not (ElementType.Int8 or ElementType.UInt8 or ElementType.Int4 or ElementType.UInt4)
                || !scales.ElementType.IsFloat()
            || !ZerosFit(ref zeros, model, consumers, codes, scales))
        {
            return null;
        }

        int axis = (int)(Attribute(node, "axis") ?? 1);
        axis = axis < 0 ? axis + codes.Shape.Count : axis;
        long block = Attribute(node, "block_size") ?? 0;
        bool fits = scales.ElementCount == 1
            || (block == 0 && scales.Shape.Count == 1 && axis < codes.Shape.Count && scales.Shape[0] == codes.Shape[axis])
            || (block > 0 && axis < codes.Shape.Count
                && scales.Shape.SequenceEqual(codes.Shape.Select((extent, i) => i == axis ? (extent + block - 1) / block : extent)));
        axis = Math.Min(axis, Math.Max(0, codes.Shape.Count - 1));
        int bits = codes.ElementType is ElementType.Int4 or ElementType.UInt4 ? 4 : 8;
        return !fits ? null : new QuantisedTensor(node.Input[0], model, node.Input[1], zeros, [.. codes.Shape], axis, block, bits, false)
        {
            SharesScales = AreShared(consumers, node.Input[1], zeros),
        };
    }

    private static QuantisedTensor? OfMatMul(NodeProto node, OnnxModel model, Consumers consumers)
    {
        if (!Owned(model, consumers, Input(node, 1), out TensorData? codes)
            || !model.Tensors.TryGetValue(Input(node, 2) ?? "", out TensorData? scales)
            || (Attribute(node, "N"), Attribute(node, "K"), Attribute(node, "block_size")) is not (long n and > 0, long k and > 0,
                long block and > 0)
            || codes.ElementType != ElementType.UInt8 || !scales.ElementType.IsFloat())
        {
            return null;
        }

        long bits = Attribute(node, "bits") ?? 4;
        long blocks = (k + block - 1) / block;
        string? zeros = Input(node, 3);
        bool fits = bits is 2 or 4 or 8 && codes.ByteLength == n * blocks * (block * bits / 8) && scales.ElementCount == n * blocks;
        if (zeros is not null)
        {
            fits = fits && model.Tensors.TryGetValue(zeros, out TensorData? values)
                && (values.ElementType == ElementType.UInt8 ? values.ByteLength == n * (((blocks * bits) + 7) / 8)
                    : values.ElementType.IsFloat() && values.ElementCount == scales.ElementCount);
        }

        int[]? groups = null;
        if (Input(node, 4) is { } order)
        {
            // Inputs in another order: g_idx gives the block of each column. It stays the first model's.
            fits = fits && model.Tensors.TryGetValue(order, out TensorData? columns)
                && columns is { ElementType: ElementType.Int32, Shape: [long count] }
                && count == k && (groups = columns.ToArray<int>()).All(group => group >= 0 && group < blocks);
        }

        return !fits ? null : new QuantisedTensor(node.Input[1], model, node.Input[2], zeros, [n, k], 1, block, (int)bits, true, groups)
        {
            OrderName = Input(node, 4),
            SharesScales = AreShared(consumers, node.Input[2], zeros),
        };
    }

    /// <summary>A weight [in, out] of a product in whole numbers.</summary>
    private static QuantisedTensor? OfProduct(NodeProto node, string? name, string? scale, string? zeros, OnnxModel model,
        Consumers consumers)
    {
        if (!Owned(model, consumers, name, out TensorData? codes) || codes.ElementType is not (ElementType.Int8 or ElementType.UInt8)
            || codes.Shape.Count != 2
            || scale is null || !model.Tensors.TryGetValue(scale, out TensorData? scales) || !scales.ElementType.IsFloat()
            || !ZerosFit(ref zeros, model, consumers, codes, scales) || (node.OpType == "QGemm" && Input(node, 6) is not null))
        {
            return null;
        }

        int axis = node.OpType == "QGemm" && Attribute(node, "transB") is not (null or 0) ? 0 : 1;
        bool fits = scales.ElementCount == 1 || (scales.ElementCount == codes.Shape[axis] && scales.Shape.Count(extent => extent > 1) <= 1);
        return !fits ? null : new QuantisedTensor(name!, model, scale, zeros, [.. codes.Shape], axis, 0, 8, false)
        {
            SharesScales = AreShared(consumers, scale, zeros),
        };
    }

    /// <summary>MatMulInteger → Cast → Mul by (scale of the input · scale of the weight).</summary>
    private static QuantisedTensor? OfInteger(NodeProto node, OnnxModel model, Consumers consumers, Dictionary<string, NodeProto> makers)
    {
        NodeProto? cast = Only(node.Output[0]) is { OpType: "Cast" } follower ? follower : null;
        NodeProto? product = cast is null ? null : Only(cast.Output[0]) is { OpType: "Mul" } mul ? mul : null;
        string? factor = product?.Input.FirstOrDefault(input => input != cast!.Output[0]);
        if (factor is null)
        {
            return null;
        }

        string? scale = model.Tensors.ContainsKey(factor) ? null // of input and weight in one: not the weight's
            : makers.TryGetValue(factor, out NodeProto? scales) && scales.OpType == "Mul"
                ? scales.Input.SingleOrDefault(model.Tensors.ContainsKey) : null;
        return OfProduct(node, Input(node, 1), scale, Input(node, 3), model, consumers);

        NodeProto? Only(string value) => consumers.Of(value).Select(use => use.Node).ToArray() is [NodeProto only] ? only : null;
    }

    /// <summary>Whether zero points are as many as scales; zeros that several weights share are dropped, since they stay zeros.</summary>
    private static bool ZerosFit(ref string? zeros, OnnxModel model, Consumers consumers, TensorData codes, TensorData scales)
    {
        if (zeros is null)
        {
            return true;
        }

        if (!model.Tensors.TryGetValue(zeros, out TensorData? values) || values.ElementType != codes.ElementType
            || values.ElementCount != scales.ElementCount)
        {
            return false;
        }

        if (consumers.Of(zeros).Count() > 1 && !values.Slice(0, (int)values.ByteLength).ContainsAnyExcept((byte)0))
        {
            zeros = null;
        }

        return true;
    }

    private static bool AreShared(Consumers consumers, string scales, string? zeros) =>
        consumers.Of(scales).Count() > 1 || (zeros is not null && consumers.Of(zeros).Count() > 1);

    private static bool Owned(OnnxModel model, Consumers consumers, string? name, [NotNullWhen(true)] out TensorData? tensor)
    {
        tensor = null;
        return name is not null && model.Tensors.TryGetValue(name, out tensor) && consumers.Of(name).Count() == 1;
    }

    private static string? Input(NodeProto node, int index) => node.Input.Count > index && node.Input[index].Length > 0 ? node.Input[index]
        : null;

    private static long? Attribute(NodeProto node, string name) => node.Attribute.FirstOrDefault(attribute => attribute.Name == name)?.I;
}
