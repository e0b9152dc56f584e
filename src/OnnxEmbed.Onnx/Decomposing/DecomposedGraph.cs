using OnnxEmbed.Onnx.Building;
using OnnxEmbed.Onnx.Schema;
using OnnxEmbed.Tensors;

namespace OnnxEmbed.Onnx.Decomposing;

/// <summary>A model's graph in standard operators, ready to be extended.</summary>
/// <param name="Graph">The graph; its tensors are those of the model it came from.</param>
/// <param name="Replaced">How many nodes of each fused operator were decomposed.</param>
/// <param name="Quantized">How many nodes of each operator on quantised numbers are there; they stay as they are.</param>
/// <param name="IrVersion">IR version of the file.</param>
/// <param name="OtherDomains">Versions of domains other than ONNX's own that nodes still need.</param>
public sealed record DecomposedGraph(
    GraphBuilder Graph,
    IReadOnlyDictionary<string, int> Replaced,
    IReadOnlyDictionary<string, int> Quantized,
    long IrVersion,
    IReadOnlyDictionary<string, long> OtherDomains)
{
    /// <summary>The graph as a model with the file's IR version; the tensors have to stay readable as long as it is used.</summary>
    public OnnxModel ToModel()
    {
        (ModelProto proto, IReadOnlyDictionary<string, TensorData> tensors) = Graph.ToModel();
        proto.IrVersion = IrVersion;
        foreach ((string domain, long version) in OtherDomains)
        {
            proto.OpsetImport.Add(new OperatorSetIdProto { Domain = domain, Version = version });
        }

        return new OnnxModel(proto, tensors);
    }
}
