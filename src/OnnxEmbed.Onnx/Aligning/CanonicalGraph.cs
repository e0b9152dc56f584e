namespace OnnxEmbed.Onnx.Aligning;

/// <summary>
/// A graph freed of what exporters do differently: names, order of nodes, orientation of weights, Gemm or MatMul and Add, packed layers that are
/// split behind, constants as initializers or nodes, and nodes that change the shape or type of a value but not its numbers.
/// </summary>
/// <param name="Nodes">Nodes, each after those whose outputs it reads.</param>
/// <param name="Outputs">Outputs of the graph by name, in order.</param>
/// <param name="Leaves">Every tensor that the graph starts from, by name.</param>
internal sealed record CanonicalGraph(
    IReadOnlyList<CanonicalNode> Nodes,
    IReadOnlyList<(string Name, CanonicalValue Value)> Outputs,
    IReadOnlyDictionary<string, GraphLeaf> Leaves);
