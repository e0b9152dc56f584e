using OnnxEmbed.Onnx.Schema;
using OnnxEmbed.Tensors;

namespace OnnxEmbed.Onnx.Compression;

/// <summary>
/// Dynamic 8-bit quantisation: products with a constant matrix run in integers, activations are quantised when they come, tables are read
/// in 8 bits. Weights are codes q in [1, 255] with w ≈ (q - 128)·scale, one scale an output column or table row; both sides
/// of a product are unsigned, since mixed signs saturate on processors without VNNI (ONNX Runtime's quantisation guide).
/// </summary>
public static class DynamicQuantisation
{
    private const long Least = OnnxWriteOptions.ExternalThreshold / sizeof(float);
    private const string ZeroPoint = "weight_zero_point";
    private const string ZeroValue = "weight_zero_point.f32";

    /// <summary>Quantises the matrices of MatMul and Gemm nodes and the tables of Gather nodes, where they are f32 of more than 256 elements.</summary>
    /// <param name="model">The model to change; opset 11 or later.</param>
    /// <returns>How many nodes now read 8-bit weights.</returns>
    public static int Apply(DerivedModel model)
    {
        ArgumentNullException.ThrowIfNull(model);
        IReadOnlyDictionary<string, TensorData> weights = model.Weights();
        Dictionary<string, string[]> activations = new(StringComparer.Ordinal);
        List<NodeProto> nodes = [];
        int changed = 0;
        foreach (NodeProto node in model.Proto.Graph.Node)
        {
            if (Matrix(node, weights) is { } matrix)
            {
                nodes.AddRange(Product(node, matrix, model, activations));
                changed++;
            }
            else if (IsTable(node, weights))
            {
                nodes.AddRange(Lookup(node, weights[node.Input[0]], model));
                changed++;
            }
            else
            {
                nodes.Add(node);
            }
        }

        if (changed > 0)
        {
            model.Set(ZeroPoint, TensorData.From<byte>([WeightGroups.ZeroCode]));
            model.Set(ZeroValue, TensorData.From<float>([WeightGroups.ZeroCode]));
        }

        model.Proto.Graph.Node.Clear();
        model.Proto.Graph.Node.Add(nodes);
        model.DropUnread();
        return changed;
    }

    // Weights [out, in] where the product transposes them, else [in, out].
    private static (TensorData Weight, bool Transposed)? Matrix(NodeProto node, IReadOnlyDictionary<string, TensorData> weights)
    {
        bool isGemm = node is { OpType: "Gemm", Domain: "" } && Number(node, "alpha", 1) == 1 && Number(node, "beta", 1) == 1 && Number(node, "transA", 0) == 0;
        if ((!isGemm && node is not { OpType: "MatMul", Domain: "" })
            || !weights.TryGetValue(node.Input[1], out TensorData? weight) || weight.Shape.Count != 2 || weight.ElementCount <= Least)
        {
            return null;
        }

        return (weight, isGemm && Number(node, "transB", 0) == 1);
    }

    private static bool IsTable(NodeProto node, IReadOnlyDictionary<string, TensorData> weights) =>
        node is { OpType: "Gather", Domain: "" } && Number(node, "axis", 0) == 0
        && weights.TryGetValue(node.Input[0], out TensorData? table) && table.Shape.Count == 2 && table.ElementCount > Least;

    private static IEnumerable<NodeProto> Product(
        NodeProto node, (TensorData Weight, bool Transposed) matrix, DerivedModel model, Dictionary<string, string[]> activations)
    {
        string weight = node.Input[1];
        long[] shape = matrix.Transposed ? [matrix.Weight.Shape[1], matrix.Weight.Shape[0]] : [.. matrix.Weight.Shape];
        WeightGroups groups = matrix.Transposed
            ? new(shape[1], shape[0], GroupStride: shape[0], ItemStride: 1, CodeGroupStride: 1, CodeItemStride: shape[1])
            : new(shape[1], shape[0], GroupStride: 1, ItemStride: shape[1], CodeGroupStride: 1, CodeItemStride: shape[1]);
        string orientation = matrix.Transposed ? "" : ".columns";
        string codes = $"{weight}{orientation}.quantized";
        string scales = $"{weight}{orientation}.scale";
        model.Set(codes, TensorData.WithoutBytes(ElementType.UInt8, shape), () => groups.Codes(matrix.Weight, shape));
        model.Set(scales, TensorData.WithoutBytes(ElementType.Float32, shape[1]), () => groups.Scales(matrix.Weight, shape[1]));

        string input = node.Input[0];
        if (!activations.TryGetValue(input, out string[]? quantized))
        {
            quantized = [$"{input}.quantized", $"{input}.scale", $"{input}.zero_point"];
            activations.Add(input, quantized);
            yield return Node("DynamicQuantizeLinear", $"{input}.quantize", [input], quantized);
        }

        string name = node.Output[0];
        bool biased = node.OpType == "Gemm" && node.Input.Count > 2 && node.Input[2].Length > 0;
        string product = biased ? $"{name}.product" : name;
        yield return Node("MatMulInteger", $"{name}.integers", [quantized[0], codes, quantized[2], ZeroPoint], [$"{name}.integers"]);
        NodeProto cast = Node("Cast", $"{name}.float", [$"{name}.integers"], [$"{name}.float"]);
        cast.Attribute.Add(new AttributeProto { Name = "to", Type = AttributeProto.Types.AttributeType.Int, I = (int)ElementType.Float32 });
        yield return cast;
        yield return Node("Mul", $"{name}.scale", [quantized[1], scales], [$"{name}.scale"]);
        yield return Node("Mul", biased ? $"{name}.scaled" : node.Name, [$"{name}.float", $"{name}.scale"], [product]);
        if (biased)
        {
            yield return Node("Add", node.Name, [product, node.Input[2]], [name]);
        }
    }

    private static IEnumerable<NodeProto> Lookup(NodeProto node, TensorData table, DerivedModel model)
    {
        string name = node.Output[0];
        string weight = node.Input[0];
        long[] shape = [.. table.Shape];
        WeightGroups groups = new(shape[0], shape[1], GroupStride: shape[1], ItemStride: 1, CodeGroupStride: shape[1], CodeItemStride: 1);
        model.Set($"{weight}.rows.quantized", TensorData.WithoutBytes(ElementType.UInt8, shape), () => groups.Codes(table, shape));
        model.Set($"{weight}.rows.scale", TensorData.WithoutBytes(ElementType.Float32, shape[0], 1), () => groups.Scales(table, shape[0], 1));
        yield return Node("Gather", $"{name}.codes", [$"{weight}.rows.quantized", node.Input[1]], [$"{name}.codes"]);
        yield return Node("Gather", $"{name}.scales", [$"{weight}.rows.scale", node.Input[1]], [$"{name}.scales"]);
        NodeProto cast = Node("Cast", $"{name}.float", [$"{name}.codes"], [$"{name}.float"]);
        cast.Attribute.Add(new AttributeProto { Name = "to", Type = AttributeProto.Types.AttributeType.Int, I = (int)ElementType.Float32 });
        yield return cast;
        yield return Node("Sub", $"{name}.centred", [$"{name}.float", ZeroValue], [$"{name}.centred"]);
        yield return Node("Mul", node.Name, [$"{name}.centred", $"{name}.scales"], [name]);
    }

    private static NodeProto Node(string type, string name, string[] inputs, string[] outputs) =>
        new() { OpType = type, Name = name, Input = { inputs }, Output = { outputs } };

    private static double Number(NodeProto node, string name, double fallback) =>
        node.Attribute.FirstOrDefault(attribute => attribute.Name == name) is { } found
            ? found.Type == AttributeProto.Types.AttributeType.Float ? found.F : found.I
            : fallback;
}
