using OnnxEmbed.Merging.Adapters;
using OnnxEmbed.Merging.Engine;
using OnnxEmbed.Merging.Vocabularies;
using OnnxEmbed.Onnx.Aligning;
using OnnxEmbed.Tensors;

namespace OnnxEmbed.Merging.Inputs;

/// <summary>
/// Finds in another model the values of each tensor of the first: by name where the name means something, by the place in the graph where
/// it
/// does not, and for files without a graph by the layer that the nodes of the first are named after.
/// </summary>
internal sealed class SourceMatcher
{
    private readonly MergeSource _first;
    private readonly Lazy<CanonicalGraph> _graph;
    private readonly Lazy<Dictionary<string, string>> _layers;
    private readonly LayerUse _use;
    private readonly Lazy<IReadOnlyDictionary<string, int>> _tokenAxes;
    private readonly bool _alignsTokens;

    /// <summary>Prepares the first model.</summary>
    /// <param name="first">The model.</param>
    /// <param name="alignsTokens">Whether tables of tokens may have other rows elsewhere.</param>
    public SourceMatcher(MergeSource first, bool alignsTokens)
    {
        _first = first;
        _alignsTokens = alignsTokens;
        _use = new LayerUse(first.Model.Proto.Graph);
        _graph = new Lazy<CanonicalGraph>(() => CanonicalGraphBuilder.Build(first.Model));
        _layers = new Lazy<Dictionary<string, string>>(LayerNames);
        _tokenAxes = new Lazy<IReadOnlyDictionary<string, int>>(() => TokenTensors.Axes(first.Model, TokenTables));
    }

    /// <summary>The axis of the tokens of each tensor that has one row for each.</summary>
    public IReadOnlyDictionary<string, int> TokenAxes => _tokenAxes.Value;

    /// <summary>Tables that tokens are looked up in.</summary>
    private IReadOnlyList<string> TokenTables => [.. _graph.Value.Nodes
        .Where(node =>
            node is { Operator: "Gather", Inputs: [{ Leaf: { IsWhole: true, Leaf.IsInitializer: true } }, { Input: "input_ids" }] })
        .Select(node => node.Inputs[0]!.Leaf!.Value.Leaf.Name)
        .Distinct()];

    /// <summary>Matches a model.</summary>
    /// <param name="other">The model.</param>
    /// <param name="sameGraph">Whether its graph is the first's, node for node.</param>
    /// <param name="faults">Receives a line for each tensor that has no counterpart or several.</param>
    /// <param name="warnings">Receives what does not stop the merge.</param>
    public Dictionary<string, List<PartBinding>> Match(MergeSource other, bool sameGraph, List<string> faults, List<string> warnings)
    {
        Dictionary<string, List<PartBinding>> found = new(StringComparer.Ordinal);
        List<string> missing = [];
        LayerUse theirs = new(other.Model.Proto.Graph);
        ParameterNames names = new(other.Model.Tensors.Keys);
        foreach ((string name, TensorData tensor) in _first.Model.Tensors.Where(entry => !_first.IsScale(entry.Key)))
        {
            if (sameGraph || (!GraphMatcher.IsAnonymous(name) && other.Model.Tensors.ContainsKey(name)))
            {
                Named(name, tensor, name, MatchKind.Name);
            }
            else if (!other.HasGraph && names.Find(name) is { } alike)
            {
                Named(name, tensor, alike, MatchKind.Name);
            }
            else if (!other.HasGraph && _layers.Value.TryGetValue(name, out string? layer) && names.Find(layer) is { } parameter)
            {
                Named(name, tensor, parameter, MatchKind.Layer);
            }
            else
            {
                missing.Add(name);
            }
        }

        if (other.HasGraph && missing.Count > 0)
        {
            ByStructure(other, missing, found, faults);
        }

        bool lenient = !other.HasGraph || found.Values.Any(parts => parts.Exists(part => part.Binding.Kind == MatchKind.Structure));
        foreach (string name in missing.Where(name => !found.ContainsKey(name)))
        {
            // Shapes, masks and constants are part of the graph, which is the first's.
            if (lenient && !IsWeight(_first.Model.Tensors[name], name))
            {
                continue;
            }

            if (!faults.Exists(fault => fault.Contains($"'{name}'", StringComparison.Ordinal)))
            {
                faults.Add($"{other.Label} has no '{name}' {_first.Model.Tensors[name]}");
            }
        }

        Leftovers(other, found, lenient, faults, warnings);
        return found;

        void Named(string name, TensorData tensor, string otherName, MatchKind kind)
        {
            if (!other.Model.Tensors.TryGetValue(otherName, out TensorData? match))
            {
                missing.Add(name);
                return;
            }

            bool transposed = IsTransposed(name, tensor, match, other.HasGraph ? theirs.IsInByOut(otherName) : false, sameGraph);
            if (!Fits(name, tensor, match, transposed))
            {
                faults.Add(otherName == name
                    ? $"'{name}' is {tensor}, in {other.Label} {match}"
                    : $"'{name}' is {tensor}, '{otherName}' in {other.Label} {match}");
            }

            found[name] = [new PartBinding(0, 0, -1, new TensorBinding(otherName, kind) { Transposed = transposed })];
        }
    }

    /// <summary>Type and shape of a leaf's values; of quantised ones those of the weight.</summary>
    private static TensorData AsNumbers(GraphLeaf leaf) => leaf.IsFloat && !leaf.Values!.ElementType.IsFloat()
        ? TensorData.WithoutBytes(ElementType.Float32, [.. leaf.Shape])
        : leaf.Values!;

    private bool Fits(string name, TensorData tensor, TensorData match, bool transposed) =>
        SourceAlignment.Agree(tensor, match)
        || (tensor.ElementType.IsFloat() && match.ElementType.IsFloat() && tensor.Shape.Count == match.Shape.Count
            && (transposed ? tensor.Shape.SequenceEqual(match.Shape.Reverse())
                : _alignsTokens && TokenAxes.TryGetValue(name, out int axis)
                    && !tensor.Shape.Where((extent, i) => i != axis && extent != match.Shape[i]).Any()));

    /// <summary>The shape decides; for a square weight what the graphs do with it.</summary>
    private bool IsTransposed(string name, TensorData tensor, TensorData match, bool? theirs, bool sameGraph)
    {
        if (sameGraph || tensor.Shape.Count != 2 || match.Shape.Count != 2)
        {
            return false;
        }

        bool straight = tensor.Shape.SequenceEqual(match.Shape);
        bool turned = tensor.Shape[0] == match.Shape[1] && tensor.Shape[1] == match.Shape[0];
        return turned && (!straight || (_use.IsInByOut(name) is { } ours && theirs is { } known && ours != known));
    }

    private void ByStructure(MergeSource other, List<string> missing, Dictionary<string, List<PartBinding>> found, List<string> faults)
    {
        GraphMatch match = GraphMatcher.Match(_graph.Value, CanonicalGraphBuilder.Build(other.Model));
        HashSet<string> open = [.. missing];
        foreach (IGrouping<GraphLeaf, KeyValuePair<LeafPart, IReadOnlyList<LeafPart>>> leaf in match.Pairs
            .Where(pair => pair.Key.Leaf.IsInitializer && open.Contains(pair.Key.Leaf.Name))
            .GroupBy(pair => pair.Key.Leaf))
        {
            List<PartBinding> parts = [];

            // A tensor that several nodes use, one of them transposed perhaps, may stand in the other model once for each.
            foreach (IGrouping<(long, long), (LeafPart Part, LeafPart Other)> range in leaf
                .SelectMany(pair => pair.Value.Select(counterpart => (pair.Key, counterpart)))
                .GroupBy(pair => (pair.Key.Begin, pair.Key.Length)))
            {
                (LeafPart Part, LeafPart Other)[] held = [.. range.Where(pair => pair.Other.Leaf.IsInitializer)];
                if (held.Length == 0 || held.Skip(1).Any(twin => !Twins(held[0], twin)))
                {
                    faults.Add(held.Length == 0
                        ? $"'{leaf.Key.Name}' is '{range.First().Other.Leaf.Name}' in {other.Label}, inside a node; only initializers can be merged"
                        : $"'{leaf.Key.Name}' is shared by several nodes, in {other.Label} they have tensors of their own that differ: "
                            + Quoted(held.Select(pair => pair.Other.Leaf.Name).Distinct()));
                    continue;
                }

                (LeafPart part, LeafPart counterpart) = held[0];
                if (part.IsWhole && counterpart.IsWhole && part.Leaf.Values is { } ours && counterpart.Leaf.Values is { } theirs
                    && !Fits(leaf.Key.Name, AsNumbers(part.Leaf), AsNumbers(counterpart.Leaf), part.Transposed != counterpart.Transposed))
                {
                    faults.Add($"'{part.Leaf.Name}' is {ours}, '{counterpart.Leaf.Name}' in {other.Label} {theirs}");
                }

                parts.Add(Bind(part, counterpart));
            }

            if (parts.Count > 0)
            {
                found[leaf.Key.Name] = parts;
            }
        }

        foreach ((IReadOnlyList<string> ours, IReadOnlyList<string> theirs) in match.Ambiguous)
        {
            string[] tied = [.. ours.Where(open.Contains)];
            if (tied.Length > 0)
            {
                faults.Add($"the graph does not tell apart {Quoted(tied)}, which could be {Quoted(theirs)} in {other.Label}; "
                    + "export both models with parameter names");
            }
        }
    }

    private static PartBinding Bind(LeafPart part, LeafPart counterpart)
    {
        TensorBinding binding = new(counterpart.Leaf.Name, MatchKind.Structure)
        {
            Transposed = part.Transposed != counterpart.Transposed,
            Selection = counterpart.IsWhole ? null : new AxisSelection(counterpart.StoredAxis, [(counterpart.Begin, counterpart.Length)]),
        };
        return new PartBinding(part.StoredAxis, part.Begin, part.Length, binding);
    }

    private static bool Twins((LeafPart Part, LeafPart Other) first, (LeafPart Part, LeafPart Other) twin)
    {
        bool sameWay = (first.Part.Transposed != first.Other.Transposed) == (twin.Part.Transposed != twin.Other.Transposed);
        return ReferenceEquals(first.Other.Leaf, twin.Other.Leaf)
            ? sameWay && first.Other.Begin == twin.Other.Begin && first.Other.Length == twin.Other.Length
            : first.Other.Leaf.Values is { } one && twin.Other.Leaf.Values is { } two && first.Other.IsWhole && twin.Other.IsWhole
                && (sameWay ? one.ContentEquals(two) : TransposedTwins.AreTwins(one, two));
    }

    /// <summary>Tensors of the other model that go nowhere: a fault where the graphs are compared by names alone.</summary>
    private void Leftovers(MergeSource other, Dictionary<string, List<PartBinding>> found, bool lenient, List<string> faults,
        List<string> warnings)
    {
        HashSet<string> used = [.. found.Values.SelectMany(parts => parts).Select(part => part.Binding.Tensor)];
        string[] left = [.. other.Model.Tensors.Keys.Where(name => !used.Contains(name) && !other.IsScale(name))];
        if (!lenient)
        {
            faults.AddRange(left.Select(name => $"only {other.Label} has '{name}' {other.Model.Tensors[name]}"));
            return;
        }

        string[] weights = [.. left.Where(name => IsWeight(other.Model.Tensors[name], name))];
        if (weights.Length > 0)
        {
            warnings.Add($"{other.Label} has more tensors than {_first.Label}, which are left out: {Quoted(weights.Take(8))}"
                + $"{(weights.Length > 8 ? $" and {weights.Length - 8} more" : "")}");
        }
    }

    private static bool IsWeight(TensorData tensor, string name) => tensor.ElementType.IsFloat()
        && (tensor.ElementCount > 1 || name.EndsWith(".weight", StringComparison.Ordinal)
            || name.EndsWith(".bias", StringComparison.Ordinal));

    /// <summary>
    /// PyTorch's exporter names nodes by module, /encoder/layer.0/attention/self/query/MatMul, where it gives their weights numbers.
    /// </summary>
    private Dictionary<string, string> LayerNames()
    {
        Dictionary<string, string> names = new(StringComparer.Ordinal);
        foreach (Onnx.Schema.NodeProto node in _first.Model.Proto.Graph.Node.Where(node => node.OpType is "MatMul" or "Gemm"
            && node.Input.Count >= 2))
        {
            int end = node.Name.LastIndexOf('/');
            if (end > 0)
            {
                names.TryAdd(node.Input[1], node.Name[..end].Trim('/').Replace('/', '.') + ".weight");
            }
        }

        return names;
    }

    private static string Quoted(IEnumerable<string> names) => string.Join(", ", names.Select(name => $"'{name}'"));
}
