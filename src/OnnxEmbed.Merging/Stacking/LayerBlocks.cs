using OnnxEmbed.Merging.Recipes;
using OnnxEmbed.Onnx;
using OnnxEmbed.Onnx.Schema;
using OnnxEmbed.Tensors;

namespace OnnxEmbed.Merging.Stacking;

/// <summary>
/// The layers of a graph as equal blocks of nodes: a node belongs to the last layer whose weights reach it. What goes from one block to the
/// next has to be the same in all of them; then blocks can be left out, repeated and reordered.
/// </summary>
internal sealed class LayerBlocks
{
    private readonly string _label;
    private readonly GraphProto _graph;
    private readonly Dictionary<string, int> _depth = new(StringComparer.Ordinal);
    private readonly Dictionary<string, (int Layer, BlockSlot Slot)> _produced = new(StringComparer.Ordinal);
    private readonly Dictionary<(int Node, int Input), BlockSlot> _carried = [];

    /// <summary>Takes a graph apart.</summary>
    /// <param name="model">The model.</param>
    /// <param name="label">Its name in messages.</param>
    /// <exception cref="DataException">The graph has no layers that can be told apart, or they differ.</exception>
    public LayerBlocks(OnnxModel model, string label)
    {
        _label = label;
        _graph = model.Proto.Graph;
        LayerOf = Layers(model);
        Before = [];
        List<NodeProto>[] blocks = [.. Enumerable.Range(0, LayerOf.Values.Max() + 1).Select(_ => new List<NodeProto>())];
        foreach (NodeProto node in _graph.Node)
        {
            int depth = node.Input.Select(input => LayerOf.TryGetValue(input, out int own) ? own : _depth.GetValueOrDefault(input, -1))
                .DefaultIfEmpty(-1).Max();
            foreach (string output in node.Output)
            {
                _depth[output] = depth;
            }

            (depth < 0 ? Before : blocks[depth]).Add(node);
        }

        int length = blocks.Length < 2
            ? throw Refusal("needs two layers or more, by which it can tell what belongs to one")
            : blocks[^2].Count;
        After = [.. blocks[^1].Skip(length)];
        blocks[^1] = [.. blocks[^1].Take(length)];
        Blocks = blocks;
        for (int layer = 0; layer < blocks.Length; layer++)
        {
            Compare(layer);
        }

        Connect();
    }

    /// <summary>Layer of each initializer that is in one.</summary>
    public IReadOnlyDictionary<string, int> LayerOf { get; }

    /// <summary>Nodes that no layer's weights reach.</summary>
    public List<NodeProto> Before { get; }

    /// <summary>Nodes of each layer in the order of the graph; node k does the same in every layer.</summary>
    public IReadOnlyList<IReadOnlyList<NodeProto>> Blocks { get; }

    /// <summary>Nodes after the last layer.</summary>
    public IReadOnlyList<NodeProto> After { get; }

    /// <summary>What the first layer reads in place of an output of a layer before.</summary>
    public Dictionary<BlockSlot, string> Entry { get; } = [];

    /// <summary>The output of the layer before that an input of a layer's node is; null where it is none.</summary>
    public BlockSlot? Carried(int node, int input) => _carried.TryGetValue((node, input), out BlockSlot slot) ? slot : null;

    /// <summary>Which output of which layer a value is; null where it is none.</summary>
    public (int Layer, BlockSlot Slot)? Produced(string value) => _produced.TryGetValue(value, out (int, BlockSlot) place) ? place : null;

    private Dictionary<string, int> Layers(OnnxModel model)
    {
        LayerMap map = new(model, []);
        Dictionary<string, (string Stack, int Layer)> found = new(StringComparer.Ordinal);
        foreach (string name in model.Tensors.Keys)
        {
            if (map[name].Names.Select(LayerMap.LayerOf).FirstOrDefault(layer => layer is not null) is { } layer)
            {
                found.Add(name, layer);
            }
        }

        string[] stacks = [.. found.Values.Select(layer => layer.Stack).Distinct()];
        if (stacks.Length != 1)
        {
            throw Refusal(stacks.Length == 0
                ? "needs layers that its tensors' or nodes' names show, as layers.0 or layer.0 do; there are none"
                : $"needs one stack of layers, its names show {string.Join(" and ", stacks)}");
        }

        int[] numbers = [.. found.Values.Select(layer => layer.Layer).Distinct().Order()];
        return numbers[^1] == numbers.Length - 1
            ? found.ToDictionary(entry => entry.Key, entry => entry.Value.Layer, StringComparer.Ordinal)
            : throw Refusal($"needs layers from 0 on without a gap, got {string.Join(", ", numbers)}");
    }

    private void Compare(int layer)
    {
        IReadOnlyList<NodeProto> expected = Blocks[0];
        IReadOnlyList<NodeProto> actual = Blocks[layer];
        bool same = actual.Count == expected.Count
            && actual.Zip(expected)
                .All(pair => pair.First.OpType == pair.Second.OpType && pair.First.Input.Count == pair.Second.Input.Count);
        if (!same)
        {
            throw Refusal($"needs layers with equal graphs to stack them, layers 0 and {layer} differ ({expected.Count} and "
                + $"{actual.Count} nodes)");
        }

        for (int i = 0; i < actual.Count; i++)
        {
            if (actual[i].Attribute.Any(attribute => attribute.G is not null || attribute.Graphs.Count > 0))
            {
                throw Refusal($"has a node {actual[i].OpType} with a graph inside in layer {layer}, which cannot be stacked");
            }

            for (int output = 0; output < actual[i].Output.Count; output++)
            {
                if (actual[i].Output[output].Length > 0)
                {
                    _produced.Add(actual[i].Output[output], (layer, new BlockSlot(i, output)));
                }
            }
        }
    }

    /// <summary>Finds what goes from layer to layer, and checks that all of them pass on the same.</summary>
    private void Connect()
    {
        for (int layer = 1; layer < Blocks.Count; layer++)
        {
            for (int node = 0; node < Blocks[layer].Count; node++)
            {
                for (int input = 0; input < Blocks[layer][node].Input.Count; input++)
                {
                    (int Layer, BlockSlot Slot)? source = Produced(Blocks[layer][node].Input[input]) is { } made && made.Layer != layer
                        ? made : null;
                    if (source is { } far && far.Layer != layer - 1)
                    {
                        throw Refusal($"has layers that read more than the layer before: layer {layer} reads "
                            + $"'{Blocks[layer][node].Input[input]}' of layer {far.Layer}");
                    }

                    if (layer == 1 && source is { } first)
                    {
                        _carried.Add((node, input), first.Slot);
                    }
                    else if (Carried(node, input) != source?.Slot)
                    {
                        throw Refusal($"has layers that pass on different values: '{Blocks[layer][node].Input[input]}' in layer {layer}");
                    }
                }
            }
        }

        foreach (((int node, int input), BlockSlot slot) in _carried)
        {
            string value = Blocks[0][node].Input[input];
            if (Produced(value) is not null || (Entry.TryGetValue(slot, out string? known) && known != value))
            {
                throw Refusal($"has a first layer that takes '{value}' where the others take what the layer before gives");
            }

            Entry[slot] = value;
        }

        HashSet<string> outside = [.. After.SelectMany(node => node.Input), .. _graph.Output.Select(output => output.Name)];
        foreach (string value in outside)
        {
            if (Produced(value) is { } place && place.Layer != Blocks.Count - 1)
            {
                throw Refusal($"gives '{value}' of layer {place.Layer} to what follows the layers, so that they cannot be stacked");
            }
        }
    }

    private DataException Refusal(string text) => new($"{_label}: {text}");
}
