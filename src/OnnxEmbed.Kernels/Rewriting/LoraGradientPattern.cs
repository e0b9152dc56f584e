using OnnxEmbed.Kernels.Products;
using OnnxEmbed.Onnx.Building;
using OnnxEmbed.Onnx.Schema;

namespace OnnxEmbed.Kernels.Rewriting;

/// <summary>The four products that give the gradients of the two factors of an adapted weight.</summary>
/// <param name="Nodes">Their places in the graph.</param>
/// <param name="X">Inputs of the layer.</param>
/// <param name="Cotangent">Cotangent of its outputs.</param>
/// <param name="A">First factor.</param>
/// <param name="B">Second factor.</param>
/// <param name="GradientA">Gradient of the first factor.</param>
/// <param name="GradientB">Gradient of the second.</param>
/// <param name="Alpha">Scale.</param>
internal sealed record LoraGradientPattern(
    int[] Nodes, Value X, Value Cotangent, Value A, Value B, Value GradientA, Value GradientB, float Alpha)
{
    /// <summary>Finds s·(Y·B)ᵀ·X beside s·Yᵀ·(X·Aᵀ), whose slim factors nothing else reads.</summary>
    public static IEnumerable<LoraGradientPattern> Find(IReadOnlyList<GraphNode> nodes, NodeGroups groups)
    {
        Dictionary<(Value, Value), int> byOperands = [];
        for (int i = 0; i < nodes.Count; i++)
        {
            if (IsPlainGemm(nodes[i]) && Flags(nodes[i]) == (true, false))
            {
                byOperands[(nodes[i].Input(0), nodes[i].Input(1))] = i;
            }
        }

        foreach (((Value slim, Value x), int gradientA) in byOperands)
        {
            // slim = Y·B
            if (!Single(slim, groups, nodes, out int first) || Flags(nodes[first]) != (false, false))
            {
                continue;
            }

            (Value y, Value b) = (nodes[first].Input(0), nodes[first].Input(1));
            foreach (int second in groups.Producers.TryGetValue(x, out int maker) ? groups.Consumers(maker) : [])
            {
                GraphNode down = nodes[second];
                if (IsPlainGemm(down) && Flags(down) == (false, true) && down.Input(0) == x && down.Proto.GetFloat("alpha", 1) == 1
                    && groups.Consumers(second).Count == 1
                    && byOperands.TryGetValue((y, down.Outputs[0]!), out int gradientB)
                    && nodes[gradientA].Proto.GetFloat("alpha", 1) == nodes[gradientB].Proto.GetFloat("alpha", 1)
                    && down.Input(1).Shape is [{ } rank, _] && b.Shape is [_, { } same] && rank == same)
                {
                    yield return new LoraGradientPattern(
                        [first, second, gradientA, gradientB],
                        x,
                        y,
                        down.Input(1),
                        b,
                        nodes[gradientA].Outputs[0]!,
                        nodes[gradientB].Outputs[0]!,
                        nodes[gradientA].Proto.GetFloat("alpha", 1));
                    break;
                }
            }
        }
    }

    public NodeProto Node()
    {
        NodeProto node = new() { Domain = KernelOperators.Domain, OpType = LoraGradientKernel.Name, Name = $"{GradientA.Name}/{LoraGradientKernel.Name}" };
        node.Input.AddRange([X.Name, Cotangent.Name, A.Name, B.Name]);
        node.Output.AddRange([GradientA.Name, GradientB.Name]);
        node.Attribute.Add(Attributes.Create("alpha", Alpha));
        return node;
    }

    private static bool IsPlainGemm(GraphNode node) => node.OpType == "Gemm" && node.Inputs.Count == 2;

    private static (bool A, bool B) Flags(GraphNode node) => (node.Proto.GetInt("transA", 0) != 0, node.Proto.GetInt("transB", 0) != 0);

    private static bool Single(Value value, NodeGroups groups, IReadOnlyList<GraphNode> nodes, out int maker) =>
        groups.Producers.TryGetValue(value, out maker) && IsPlainGemm(nodes[maker]) && groups.Consumers(maker).Count == 1
        && nodes[maker].Proto.GetFloat("alpha", 1) == 1;
}
