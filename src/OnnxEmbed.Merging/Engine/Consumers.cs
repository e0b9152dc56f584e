using OnnxEmbed.Onnx.Schema;

namespace OnnxEmbed.Merging.Engine;

/// <summary>Which nodes of a graph read a value, and as which input. Subgraphs are not entered.</summary>
internal sealed class Consumers
{
    private readonly ILookup<string, (NodeProto Node, int Input)> _byName;

    public Consumers(GraphProto graph) =>
        _byName = graph.Node
            .SelectMany(node => node.Input.Select((name, input) => (Name: name, Node: node, Input: input)))
            .ToLookup(use => use.Name, use => (use.Node, use.Input), StringComparer.Ordinal);

    public IEnumerable<(NodeProto Node, int Input)> Of(string name) => _byName[name];
}
