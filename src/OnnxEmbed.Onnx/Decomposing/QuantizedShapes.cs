using OnnxEmbed.Onnx.Building;
using OnnxEmbed.Onnx.Schema;
using OnnxEmbed.Tensors;

namespace OnnxEmbed.Onnx.Decomposing;

/// <summary>
/// Types and shapes of operators on quantised numbers, which stay in the graph, so that what follows them can be decomposed (ONNX
/// Operators.md 1.20, ContribOperators.md of ONNX Runtime 1.31).
/// </summary>
internal static class QuantizedShapes
{
    /// <summary>Outputs of a node; empty where they are not known.</summary>
    public static IReadOnlyList<(ElementType Type, SymbolicShape? Shape)> Of(NodeProto node, IReadOnlyList<Value?> inputs)
    {
        try
        {
            return Known(node, inputs);
        }
        catch (GraphException)
        {
            return []; // an input whose own shape is not known, or that is missing
        }
    }

    private static IReadOnlyList<(ElementType Type, SymbolicShape? Shape)> Known(NodeProto node, IReadOnlyList<Value?> inputs)
    {
        Value Input(int index) => inputs.ElementAtOrDefault(index) ?? throw new GraphException($"{node.OpType} \"{node.Name}\": needs input {index}");
        SymbolicShape Product(Dim columns) => new(Input(0).Shape.SkipLast(1).Append(columns));
        return node.OpType switch
        {
            "DequantizeLinear" => [(Input(1).Type, Input(0).Shape)],
            "QuantizeLinear" => [(inputs.ElementAtOrDefault(2)?.Type ?? ElementType.UInt8, Input(0).Shape)],
            "DynamicQuantizeLinear" =>
                [(ElementType.UInt8, Input(0).Shape), (ElementType.Float32, SymbolicShape.Scalar), (ElementType.UInt8, SymbolicShape.Scalar)],
            "MatMulInteger" when Input(1).Shape.Rank == 2 => [(ElementType.Int32, Product(Input(1).Shape[1]))],
            "MatMulIntegerToFloat" when Input(1).Shape.Rank == 2 => [(ElementType.Float32, Product(Input(1).Shape[1]))],
            "DynamicQuantizeMatMul" when Input(1).Shape.Rank == 2 => [(ElementType.Float32, Product(Input(1).Shape[1]))],
            "QLinearMatMul" when Input(3).Shape.Rank == 2 => [(Input(7).Type, Product(Input(3).Shape[1]))],
            "MatMulNBits" or "MatMulBnb4" when node.GetInt("N", 0) is > 0 and long columns => [(Input(0).Type, Product(columns))],
            "GatherBlockQuantized" when node.GetInt("gather_axis", 0) == 0 && Input(0).Shape is { Rank: 2 } table =>
                [(Input(2).Type, new SymbolicShape(Input(1).Shape.Append(table[1] * (Input(0).Type == ElementType.UInt8 ? 8 / Math.Clamp(node.GetInt("bits", 4), 1, 8) : 1))))],
            "QAttention" when Input(1).Shape is { Rank: 2 } weight && weight[1].TryDivide(3, out Dim width) => [(ElementType.Float32, Product(width))],
            _ => [],
        };
    }
}
