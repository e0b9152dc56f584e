using OnnxEmbed.Onnx.Schema;
using OnnxEmbed.Tensors;

namespace OnnxEmbed.Merging.Engine;

/// <summary>
/// Tells which way round a weight lies: exporters store a Linear's weight [out, in] as it is, behind a Transpose or in a Gemm with transB, or
/// turned to [in, out] where a MatMul reads it. Row-wise methods mean the rows of [out, in].
/// </summary>
internal sealed class WeightOrientation(GraphProto graph)
{
    private readonly Consumers _consumers = new(graph);

    /// <summary>Whether a matrix is stored [in, out].</summary>
    public bool IsInputsFirst(string name, TensorData tensor) => tensor.Shape.Count == 2 && _consumers.Of(name).Any(use => use.Input == 1
        && (use.Node.OpType == "MatMul" || (use.Node.OpType == "Gemm" && use.Node.Attribute.All(attribute => attribute.Name != "transB" || attribute.I == 0))));
}
