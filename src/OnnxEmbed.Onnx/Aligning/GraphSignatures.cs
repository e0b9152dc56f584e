using System.Globalization;
using OnnxEmbed.Tensors;

namespace OnnxEmbed.Onnx.Aligning;

/// <summary>
/// Numbers that tell the places of a graph apart, whatever things are called: forward, of all that a value is computed from, and backward, of
/// all that is computed from it (the colours of B. Weisfeiler and A. Leman, "The reduction of a graph to canonical form", 1968, which on a graph
/// without cycles are final after one pass each way).
/// </summary>
internal sealed class GraphSignatures
{
    private const int ContentLimit = 64;

    private readonly Dictionary<CanonicalValue, ulong> _forward = new(ReferenceEqualityComparer.Instance);
    private readonly Dictionary<CanonicalValue, ulong> _backward = new(ReferenceEqualityComparer.Instance);
    private readonly IReadOnlyDictionary<(GraphLeaf Leaf, long Begin), ulong> _colours;
    private readonly bool _coarse;

    /// <summary>Computes the signatures.</summary>
    /// <param name="graph">The graph.</param>
    /// <param name="outputs">What stands for each output that counts; empty where every end of the graph counts.</param>
    /// <param name="colours">Marks of leaves whose counterpart is known.</param>
    /// <param name="coarse">Whether what depends on no weight (masks, positions, shapes) is all the same.</param>
    public GraphSignatures(
        CanonicalGraph graph,
        IReadOnlyDictionary<string, string> outputs,
        IReadOnlyDictionary<(GraphLeaf Leaf, long Begin), ulong> colours,
        bool coarse)
    {
        _colours = colours;
        _coarse = coarse;
        foreach (CanonicalNode node in graph.Nodes)
        {
            ulong mixed = OfNode(node, without: -1);
            foreach (CanonicalValue output in node.Outputs)
            {
                _forward[output] = Mix(mixed, (ulong)output.Output);
            }
        }

        HashSet<CanonicalNode> read = [.. graph.Nodes.SelectMany(node => node.Inputs).Select(input => input?.Producer).OfType<CanonicalNode>()];
        foreach ((string name, CanonicalValue value) in graph.Outputs)
        {
            if (outputs.TryGetValue(name, out string? mark))
            {
                Count(value, Text("output " + mark));
            }
        }

        foreach (CanonicalNode node in graph.Nodes.Reverse())
        {
            ulong below = outputs.Count == 0 && !read.Contains(node) ? Text("end") : 0;
            foreach (CanonicalValue output in node.Outputs)
            {
                below = _backward.TryGetValue(output, out ulong known) ? Mix(below + 1, Mix(known, (ulong)output.Output)) : below;
            }

            if (below == 0)
            {
                continue; // leads to no output
            }

            for (int i = 0; i < node.Inputs.Count; i++)
            {
                if (node.Inputs[i] is { } input)
                {
                    ulong place = Mix(Mix(below, OfNode(node, without: i)), node.IsCommutative ? 0 : (ulong)i + 1);
                    Count(input, place);
                    if (input.Leaf is { } part)
                    {
                        Uses.Add((Mix(place, Forward(input)), part, node.Name));
                    }
                }
            }
        }
    }

    /// <summary>Each use of a leaf by a node that leads to an output: signature, leaf and name of the node.</summary>
    public List<(ulong Signature, LeafPart Part, string Node)> Uses { get; } = [];

    private void Count(CanonicalValue value, ulong place) => _backward[value] = unchecked(_backward.GetValueOrDefault(value) + Mix(place, 0x9E37));

    private ulong OfNode(CanonicalNode node, int without)
    {
        ulong mixed = Mix(Text(node.Operator), Text(node.Attributes));
        ulong sum = 0;
        for (int i = 0; i < node.Inputs.Count; i++)
        {
            ulong input = i == without ? 1 : Forward(node.Inputs[i]);
            sum = unchecked(sum + Mix(input, 77));
            mixed = node.IsCommutative ? mixed : Mix(mixed, input);
        }

        return node.IsCommutative ? Mix(mixed, sum) : mixed;
    }

    private ulong Forward(CanonicalValue? value)
    {
        if (value is null)
        {
            return 3;
        }

        if (!_forward.TryGetValue(value, out ulong known) || (_coarse && !value.IsLearned && value.Input is null))
        {
            known = _coarse && !value.IsLearned && value.Input is null ? 5
                : value.Input is { } input ? Text("input " + input)
                : OfLeaf(value.Leaf!.Value, value.IsTable);
            _forward[value] = known;
        }

        return known;
    }

    private ulong OfLeaf(LeafPart part, bool isTable)
    {
        string shape = string.Join(',', part.Shape.Skip(isTable ? 1 : 0).SkipWhile(extent => extent == 1)
            .Select(extent => extent.ToString(CultureInfo.InvariantCulture)));
        ulong mixed = Text((part.Leaf.IsFloat ? "float " : "other ") + shape);
        if (!part.Leaf.IsFloat && part.Leaf.Values is { } values && values.ByteLength <= ContentLimit * sizeof(long))
        {
            foreach (byte value in values.Slice(0, (int)values.ByteLength))
            {
                mixed = Mix(mixed, value);
            }
        }

        return _colours.TryGetValue((part.Leaf, part.Begin), out ulong colour) ? Mix(mixed, colour) : mixed;
    }

    private static ulong Text(string text)
    {
        ulong hash = 14695981039346656037; // FNV-1a
        foreach (char c in text)
        {
            hash = unchecked((hash ^ c) * 1099511628211);
        }

        return hash;
    }

    /// <summary>Mixes two numbers, order counting (finaliser of splitmix64).</summary>
    internal static ulong Mix(ulong first, ulong second)
    {
        unchecked
        {
            ulong z = (first * 0x9E3779B97F4A7C15) + second + 0x632BE59BD9B4E019;
            z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
            z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
            return z ^ (z >> 31);
        }
    }
}
