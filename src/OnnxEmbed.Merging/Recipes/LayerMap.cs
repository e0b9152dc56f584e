using System.Globalization;
using System.Text.RegularExpressions;
using OnnxEmbed.Merging.Engine;
using OnnxEmbed.Onnx;
using OnnxEmbed.Onnx.Schema;

namespace OnnxEmbed.Merging.Recipes;

/// <summary>
/// Where each tensor of a model lies: in which layer by the number in its name, or in the name of the node that reads it where the exporter
/// numbered the tensors; before or after the layers by what flows into them.
/// </summary>
internal sealed partial class LayerMap
{
    private readonly Dictionary<string, TensorPlace> _places = new(StringComparer.Ordinal);

    /// <summary>Maps a model.</summary>
    /// <param name="model">The model.</param>
    /// <param name="slices">Number of layers of each slice in their order; empty where the layers are one slice.</param>
    public LayerMap(OnnxModel model, IReadOnlyList<int> slices)
    {
        GraphProto graph = model.Proto.Graph;
        Consumers consumers = new(graph);
        string[] names = [.. graph.Initializer.Select(tensor => tensor.Name).Where(model.Tensors.ContainsKey)];
        Dictionary<string, List<string>> allNames =
            names.ToDictionary(name => name, name => Names(name, consumers), StringComparer.Ordinal);
        Dictionary<string, (string Stack, int Layer)> layers = new(StringComparer.Ordinal);
        foreach (string name in names)
        {
            if (allNames[name].Select(LayerOf).FirstOrDefault(layer => layer is not null) is { } layer)
            {
                layers.Add(name, layer);
            }
        }

        ILookup<string, int> stacks = layers.Values.Distinct().ToLookup(layer => layer.Stack, layer => layer.Layer, StringComparer.Ordinal);
        LayerCount = stacks.Count == 0 ? 0 : stacks.Max(stack => stack.Count());
        HashSet<NodeProto> toLayers = Flows(graph.Node.Reverse(), node => node.Output, node => node.Input, layers);
        HashSet<NodeProto> fromLayers = Flows(graph.Node, node => node.Input, node => node.Output, layers);
        foreach (string name in names)
        {
            if (layers.TryGetValue(name, out (string Stack, int Layer) layer))
            {
                int[] ordered = [.. stacks[layer.Stack].Order()];
                (int slice, double depth) = Depth(Array.IndexOf(ordered, layer.Layer), ordered.Length, slices);
                _places.Add(name, new TensorPlace(allNames[name], TensorPart.Layers, depth, slice));
            }
            else
            {
                bool post = consumers.Of(name).Any()
                    && consumers.Of(name).All(use => fromLayers.Contains(use.Node) && !toLayers.Contains(use.Node));
                _places.Add(name, new TensorPlace(
                    allNames[name], post ? TensorPart.Post : TensorPart.Pre, 0, post ? Math.Max(0, slices.Count - 1) : 0));
            }
        }
    }

    /// <summary>Layers of the longest stack; 0 where no name shows any.</summary>
    public int LayerCount { get; }

    public IReadOnlyCollection<TensorPlace> Places => _places.Values;

    public TensorPlace this[string tensor] => _places[tensor];

    /// <summary>The stack and number of the layer in a name such as <c>encoder.layer.3.output.dense.weight</c>.</summary>
    public static (string Stack, int Layer)? LayerOf(string name)
    {
        Match match = LayerName().Match(name);
        return match.Success && int.TryParse(match.Groups[2].Value, NumberStyles.None, CultureInfo.InvariantCulture, out int layer)
            ? (name[..match.Groups[2].Index], layer)
            : null;
    }

    private static List<string> Names(string name, Consumers consumers)
    {
        List<string> names = [name];
        if (Anonymous().IsMatch(name))
        {
            // PyTorch's exporter names nodes by module: /encoder/layer.0/attention/self/query/MatMul.
            names.AddRange(consumers.Of(name)
                .Select(use => use.Node.Name)
                .Where(node => node.LastIndexOf('/') > 0)
                .Select(node => node[..node.LastIndexOf('/')].Trim('/').Replace('/', '.') + ".weight")
                .Distinct());
        }

        return names;
    }

    private static (int Slice, double Depth) Depth(int layer, int count, IReadOnlyList<int> slices)
    {
        int slice = 0;
        if (slices.Count > 0)
        {
            while (slice < slices.Count - 1 && layer >= slices[slice])
            {
                layer -= slices[slice++];
            }

            count = slices[slice];
        }

        return (slice, count <= 1 ? 1 : layer / (count - 1.0));
    }

    /// <summary>Nodes that a layer's tensor goes into, and those that follow them in the direction of <paramref name="ahead"/>.</summary>
    private static HashSet<NodeProto> Flows(
        IEnumerable<NodeProto> nodes,
        Func<NodeProto, IEnumerable<string>> behind,
        Func<NodeProto, IEnumerable<string>> ahead,
        Dictionary<string, (string Stack, int Layer)> layers)
    {
        HashSet<string> values = new(StringComparer.Ordinal);
        HashSet<NodeProto> found = new(ReferenceEqualityComparer.Instance);
        foreach (NodeProto node in nodes)
        {
            if (node.Input.Any(layers.ContainsKey) || behind(node).Any(values.Contains))
            {
                found.Add(node);
                values.UnionWith(ahead(node).Where(value => value.Length > 0));
            }
        }

        return found;
    }

    [GeneratedRegex(@"(?:^|[./])(layers?|blocks?|h)[./](\d+)(?:[./]|$)")]
    private static partial Regex LayerName();

    [GeneratedRegex(@"^(?:onnx::\w+_\d+|_?[A-Za-z]*_?\d+)$")]
    private static partial Regex Anonymous();
}
