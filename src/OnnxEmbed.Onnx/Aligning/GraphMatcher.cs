using System.Text.RegularExpressions;

namespace OnnxEmbed.Onnx.Aligning;

/// <summary>
/// Matches the leaves of two graphs by their places. Leaves that have the place for themselves are paired and marked; the marks tell their
/// neighbours apart in the next round. Where a tie remains, names of tensors and nodes decide, or the bytes where they are all the same.
/// </summary>
internal sealed partial class GraphMatcher
{
    private readonly Dictionary<LeafPart, List<LeafPart>> _pairs = [];
    private readonly Dictionary<(GraphLeaf, long), ulong> _firstColours = [];
    private readonly Dictionary<(GraphLeaf, long), ulong> _otherColours = [];
    private readonly HashSet<LeafPart> _taken = [];

    private GraphMatcher()
    {
    }

    /// <summary>Whether a name was made by an exporter's counter, so that it says nothing: onnx::MatMul_123, val_7, 1234.</summary>
    public static bool IsAnonymous(string name) => Anonymous().IsMatch(name);

    /// <summary>Matches two graphs; where they agree in their weights only, what depends on no weight is left out of the comparison.</summary>
    public static GraphMatch Match(CanonicalGraph first, CanonicalGraph other)
    {
        GraphMatch strict = new GraphMatcher().Run(first, other, coarse: false);
        int weights = first.Leaves.Values.Count(leaf => leaf.IsWeight);
        if (Matched(strict) >= weights)
        {
            return strict;
        }

        GraphMatch coarse = new GraphMatcher().Run(first, other, coarse: true);
        return Matched(coarse) > Matched(strict) ? coarse : strict;

        static int Matched(GraphMatch match) => match.Pairs.Keys.Where(part => part.Leaf.IsWeight).Select(part => part.Leaf).Distinct().Count();
    }

    private GraphMatch Run(CanonicalGraph first, CanonicalGraph other, bool coarse)
    {
        (Dictionary<string, string> firstOutputs, Dictionary<string, string> otherOutputs) = CommonOutputs(first, other);
        List<(IReadOnlyList<string>, IReadOnlyList<string>)> ambiguous = [];
        for (bool changed = true; changed;)
        {
            GraphSignatures one = new(first, firstOutputs, _firstColours, coarse);
            GraphSignatures two = new(other, otherOutputs, _otherColours, coarse);
            ILookup<ulong, (ulong, LeafPart Part, string Node)> places = two.Uses.ToLookup(use => use.Signature);
            changed = false;
            ambiguous.Clear();
            List<((LeafPart, string)[], (LeafPart, string)[])> tied = [];
            foreach (IGrouping<ulong, (ulong Signature, LeafPart Part, string Node)> place in one.Uses.GroupBy(use => use.Signature))
            {
                (LeafPart Part, string Node)[] ours = [.. place.Select(use => (use.Part, use.Node)).DistinctBy(use => use.Part)];
                (LeafPart Part, string Node)[] theirs = [.. places[place.Key].Select(use => (use.Part, use.Node)).DistinctBy(use => use.Part)];
                if (ours.Length == 1 && theirs.Length == 1)
                {
                    changed |= Pair(ours[0].Part, theirs[0].Part);
                }
                else if (theirs.Length > 0)
                {
                    tied.Add((ours, theirs));
                }
            }

            for (int i = 0; !changed && i < tied.Count; i++)
            {
                changed = Break(tied[i].Item1, tied[i].Item2);
            }

            if (!changed)
            {
                ambiguous.AddRange(tied
                    .Select(tie => (Open(tie.Item1.Where(use => !_pairs.ContainsKey(use.Item1))), Open(tie.Item2.Where(use => !_taken.Contains(use.Item1)))))
                    .Where(tie => tie.Item1.Count > 0));
            }
        }

        return new GraphMatch(_pairs.ToDictionary(pair => pair.Key, pair => (IReadOnlyList<LeafPart>)pair.Value), ambiguous);

        static IReadOnlyList<string> Open(IEnumerable<(LeafPart Part, string)> uses) =>
            [.. uses.Where(use => use.Part.Leaf.IsWeight).Select(use => use.Part.Leaf.Name).Distinct().Order(StringComparer.Ordinal)];
    }

    private bool Break((LeafPart Part, string Node)[] ours, (LeafPart Part, string Node)[] theirs)
    {
        bool changed = false;
        foreach ((LeafPart part, string node) in ours.Where(use => !_pairs.ContainsKey(use.Part)))
        {
            (LeafPart Part, string Node)[] open = [.. theirs.Where(use => !_taken.Contains(use.Part))];
            LeafPart[] named = IsAnonymous(part.Leaf.Name) ? [] : [.. open.Where(use => use.Part.Leaf.Name == part.Leaf.Name).Select(use => use.Part)];
            LeafPart[] alike = named.Length == 1 || node.Length == 0 ? named : [.. open.Where(use => use.Node == node).Select(use => use.Part)];
            if (alike.Length == 1)
            {
                changed |= Pair(part, alike[0]);
            }
            else if (open.Length > 0 && open.Skip(1).All(use => Same(use.Part.Leaf, open[0].Part.Leaf)))
            {
                changed |= Pair(part, open[0].Part);
            }
        }

        return changed;
    }

    private static bool Same(GraphLeaf first, GraphLeaf other) =>
        first.Values is { } one && other.Values is { } two && one.ContentEquals(two);

    private bool Pair(LeafPart first, LeafPart other)
    {
        if (_pairs.TryGetValue(first, out List<LeafPart>? known) && known.Contains(other))
        {
            return false;
        }

        ulong colour = _firstColours.TryGetValue((first.Leaf, first.Begin), out ulong marked) ? marked
            : _otherColours.TryGetValue((other.Leaf, other.Begin), out marked) ? marked
            : (ulong)_firstColours.Count + 1;
        _firstColours[(first.Leaf, first.Begin)] = colour;
        _otherColours[(other.Leaf, other.Begin)] = colour;
        (known ?? (_pairs[first] = [])).Add(other);
        _taken.Add(other);
        return true;
    }

    /// <summary>Outputs that both graphs have by name, or else the first of each.</summary>
    private static (Dictionary<string, string> First, Dictionary<string, string> Other) CommonOutputs(CanonicalGraph first, CanonicalGraph other)
    {
        string[] common = [.. first.Outputs.Select(output => output.Name).Intersect(other.Outputs.Select(output => output.Name), StringComparer.Ordinal)];
        if (common.Length > 0)
        {
            Dictionary<string, string> same = common.ToDictionary(name => name, StringComparer.Ordinal);
            return (same, same);
        }

        return first.Outputs.Count > 0 && other.Outputs.Count > 0
            ? (new() { [first.Outputs[0].Name] = "0" }, new() { [other.Outputs[0].Name] = "0" })
            : ([], []);
    }

    [GeneratedRegex(@"^(\w+::)?([A-Za-z]+_?)?\d+$|^onnx::\w+$", RegexOptions.CultureInvariant)]
    private static partial Regex Anonymous();
}
