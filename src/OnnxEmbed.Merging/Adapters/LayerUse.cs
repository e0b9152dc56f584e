using OnnxEmbed.Merging.Engine;
using OnnxEmbed.Onnx.Schema;

namespace OnnxEmbed.Merging.Adapters;

/// <summary>What the nodes of a graph do with a weight.</summary>
internal sealed class LayerUse(GraphProto graph)
{
    private readonly Consumers _consumers = new(graph);

    /// <summary>Whether the consumers use a weight as [in, out]; null if they do not tell or disagree.</summary>
    public bool? IsInByOut(string name)
    {
        HashSet<bool> answers = [];
        foreach ((NodeProto node, int input) in _consumers.Of(name))
        {
            switch (node.OpType)
            {
                case "MatMul":
                    answers.Add(input == 1);
                    break;
                case "Gemm" when input < 2:
                    bool flipped = (node.Attribute.FirstOrDefault(attribute => attribute.Name == (input == 1 ? "transB" : "transA"))?.I
                        ?? 0) != 0;
                    answers.Add((input == 1) != flipped);
                    break;
                case "Transpose":
                    answers.UnionWith(_consumers.Of(node.Output[0])
                        .Where(consumer => consumer.Node.OpType == "MatMul").Select(consumer => consumer.Input == 0));
                    break;
            }
        }

        return answers.Count == 1 ? answers.Single() : null;
    }

    /// <summary>Whether rows of a tensor are looked up.</summary>
    public bool IsTable(string name) => _consumers.Of(name).Any(use => use.Node.OpType == "Gather" && use.Input == 0);

    /// <summary>Nodes that read a value, and as which input.</summary>
    public IEnumerable<(NodeProto Node, int Input)> Of(string name) => _consumers.Of(name);
}
