using OnnxEmbed.Merging.Recipes;
using OnnxEmbed.Onnx.Schema;

namespace OnnxEmbed.Merging.Stacking;

/// <summary>
/// A graph with the layers of another in a new order, some left out, some repeated. Names get the number of the new place.
/// </summary>
internal sealed class StackedGraph
{
    private readonly LayerBlocks _blocks;
    private readonly GraphProto _source;
    private readonly Dictionary<string, TensorProto> _heads;
    private readonly Dictionary<string, string> _renamed = new(StringComparer.Ordinal);
    private readonly HashSet<string> _taken;
    private readonly HashSet<string> _nodeNames;
    private Dictionary<BlockSlot, string> _last;

    private StackedGraph(ModelProto source, LayerBlocks blocks)
    {
        _blocks = blocks;
        _source = source.Graph;
        _heads = _source.Initializer.ToDictionary(tensor => tensor.Name, StringComparer.Ordinal);
        _last = blocks.Entry;

        // Names of the layers are given anew, all others stay.
        _taken =
        [
            .. _source.Input.Select(input => input.Name), .. _source.Output.Select(output => output.Name),
                .. _heads.Keys.Where(name => !blocks.LayerOf.ContainsKey(name)),
            .. blocks.Before.Concat(blocks.After).SelectMany(node => node.Output),
        ];
        _nodeNames = [.. blocks.Before.Concat(blocks.After).Select(node => node.Name)];
        Result = source.Clone();
        Result.Graph.Node.Clear();
        Result.Graph.Initializer.Clear();
        Result.Graph.ValueInfo.Clear();
        Result.Graph.QuantizationAnnotation.Clear();
    }

    /// <summary>The new model.</summary>
    public ModelProto Result { get; }

    /// <summary>For each initializer of a layer in the new model: its place in the stack, and its name in the source.</summary>
    public Dictionary<string, (int Place, string Name)> Weights { get; } = new(StringComparer.Ordinal);

    /// <summary>Stacks layers.</summary>
    /// <param name="source">The model that the graph is of.</param>
    /// <param name="blocks">Its layers.</param>
    /// <param name="order">Number of the layer at each place.</param>
    public static StackedGraph Build(ModelProto source, LayerBlocks blocks, IReadOnlyList<int> order)
    {
        StackedGraph stack = new(source, blocks);
        stack.Result.Graph.Initializer.AddRange(
            stack._source.Initializer.Where(tensor => !blocks.LayerOf.ContainsKey(tensor.Name)).Select(tensor => tensor.Clone()));
        stack.Result.Graph.Node.AddRange(blocks.Before.Select(node => node.Clone()));
        for (int place = 0; place < order.Count; place++)
        {
            stack.Add(order[place], place, place == order.Count - 1);
        }

        foreach (NodeProto node in blocks.After)
        {
            NodeProto copy = node.Clone();
            for (int i = 0; i < copy.Input.Count; i++)
            {
                copy.Input[i] = blocks.Produced(copy.Input[i]) is { } made ? stack._last[made.Slot] : copy.Input[i];
            }

            stack.Result.Graph.Node.Add(copy);
        }

        return stack;
    }

    private void Add(int layer, int place, bool isLast)
    {
        _renamed.Clear();
        Dictionary<BlockSlot, string> made = [];
        IReadOnlyList<NodeProto> nodes = _blocks.Blocks[layer];
        HashSet<string> outputs = isLast ? [.. _source.Output.Select(output => output.Name)] : [];
        for (int number = 0; number < nodes.Count; number++)
        {
            NodeProto node = nodes[number].Clone();
            node.Name = node.Name.Length == 0 ? "" : Free(node.Name, place, _nodeNames);
            for (int input = 0; input < node.Input.Count; input++)
            {
                node.Input[input] = _blocks.Carried(number, input) is { } slot ? _last[slot] : Input(node.Input[input], place);
            }

            for (int output = 0; output < node.Output.Count; output++)
            {
                string name = node.Output[output];
                if (name.Length == 0)
                {
                    continue;
                }

                // An output of the graph keeps its name: that of the source's last layer.
                string original = _blocks.Blocks[^1][number].Output[output];
                node.Output[output] = _renamed[name] = outputs.Contains(original) ? original : Free(name, place, _taken);
                made.Add(new BlockSlot(number, output), node.Output[output]);
            }

            Result.Graph.Node.Add(node);
        }

        _last = made;
    }

    private string Input(string name, int place)
    {
        if (_renamed.TryGetValue(name, out string? known))
        {
            return known;
        }

        if (!_blocks.LayerOf.ContainsKey(name))
        {
            return name;
        }

        string renamed = _renamed[name] = Free(name, place, _taken);
        TensorProto head = _heads[name].Clone();
        head.Name = renamed;
        Result.Graph.Initializer.Add(head);
        Weights.Add(renamed, (place, name));
        return renamed;
    }

    private static string Free(string name, int place, HashSet<string> taken)
    {
        string numbered = Numbered(name, place);
        for (int i = place; !taken.Add(numbered); i++)
        {
            numbered = $"{name}_{i}";
        }

        return numbered;
    }

    private static string Numbered(string name, int place) => LayerMap.LayerOf(name) is { } layer
        ? $"{layer.Stack}{place}{name[(layer.Stack.Length + $"{layer.Layer}".Length)..]}"
        : name;
}
