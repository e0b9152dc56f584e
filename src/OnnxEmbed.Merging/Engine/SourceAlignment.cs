using System.Text.RegularExpressions;
using OnnxEmbed.Onnx.Schema;
using OnnxEmbed.Tensors;

namespace OnnxEmbed.Merging.Engine;

/// <summary>Checks that models can be merged tensor by tensor: the same initializers, shapes and kinds of types, and the same graph.</summary>
internal static partial class SourceAlignment
{
    /// <summary>Returns what the user should know although it does not stop the merge.</summary>
    /// <exception cref="ShapeMismatchException">Tensors are missing or have other shapes; all of them are listed.</exception>
    /// <exception cref="DataException">The graphs differ in a way that would mix unrelated weights.</exception>
    public static IReadOnlyList<string> Check(IReadOnlyList<MergeSource> sources)
    {
        List<string> differences = [];
        List<string> faults = [];
        List<string> warnings = [];
        MergeSource first = sources[0];
        foreach (MergeSource source in sources.Skip(1))
        {
            CompareTensors(first, source, differences);
            CompareGraphs(first, source, faults, warnings);
        }

        return differences.Count > 0
            ? throw new ShapeMismatchException($"merge: needs the same tensors in all models ({first.Label} is the first)", differences)
            : faults.Count > 0
                ? throw new DataException("merge: " + string.Join("; ", faults))
                : warnings;
    }

    /// <summary>Whether two tensors have the same shape and types that can be compared: equal, or both floating-point.</summary>
    public static bool Agree(TensorData first, TensorData other) => first.Shape.SequenceEqual(other.Shape)
        && (first.ElementType == other.ElementType || (first.ElementType.IsFloat() && other.ElementType.IsFloat()));

    /// <summary>Adds a line for each tensor that one of two models lacks or has with another shape or kind of type.</summary>
    public static void CompareTensors(MergeSource first, MergeSource source, List<string> differences)
    {
        IReadOnlyDictionary<string, TensorData> expected = first.Model.Tensors;
        IReadOnlyDictionary<string, TensorData> actual = source.Model.Tensors;
        foreach ((string name, TensorData tensor) in expected)
        {
            if (!actual.TryGetValue(name, out TensorData? other))
            {
                differences.Add($"{source.Label} has no '{name}' {tensor}");
            }
            else if (!Agree(tensor, other))
            {
                differences.Add($"'{name}' is {tensor}, in {source.Label} {other}");
            }
        }

        differences.AddRange(actual.Where(entry => !expected.ContainsKey(entry.Key)).Select(entry => $"only {source.Label} has '{entry.Key}' {entry.Value}"));
    }

    private static void CompareGraphs(MergeSource first, MergeSource source, List<string> faults, List<string> warnings)
    {
        GraphProto expected = first.Model.Proto.Graph;
        GraphProto actual = source.Model.Proto.Graph;
        foreach (((string name, TensorProto tensor), (_, TensorProto other)) in first.Model.EmbeddedTensors().Zip(source.Model.EmbeddedTensors()))
        {
            bool isFloat = ((ElementType)tensor.DataType).IsFloat();
            if (isFloat && !tensor.Equals(other))
            {
                faults.Add($"'{name}' inside a node differs in {source.Label}; only initializers can be merged");
            }
        }

        HashSet<string> held = [.. first.Model.Tensors.Keys];
        foreach (TensorProto opaque in expected.Initializer.Where(tensor => !held.Contains(tensor.Name)))
        {
            if (!opaque.Equals(actual.Initializer.FirstOrDefault(tensor => tensor.Name == opaque.Name)))
            {
                faults.Add($"'{opaque.Name}' has element type {opaque.DataType}, which cannot be merged, and differs in {source.Label}");
            }
        }

        string? difference = FirstDifference(expected, actual);
        if (difference is null)
        {
            return;
        }

        if (expected.Initializer.Any(tensor => NumberedName().IsMatch(tensor.Name)))
        {
            faults.Add($"{source.Label}: {difference}; the exporter numbered the weights, so that equal names may mean different weights");
        }
        else
        {
            warnings.Add($"{source.Label}: {difference}; the graph of {first.Label} is used");
        }
    }

    private static string? FirstDifference(GraphProto expected, GraphProto actual)
    {
        if (expected.Node.Count != actual.Node.Count)
        {
            return $"its graph has {actual.Node.Count} nodes instead of {expected.Node.Count}";
        }

        for (int i = 0; i < expected.Node.Count; i++)
        {
            if (!Bare(expected.Node[i]).Equals(Bare(actual.Node[i])))
            {
                return $"node {i} is {Describe(actual.Node[i])} instead of {Describe(expected.Node[i])}";
            }
        }

        return null;

        static string Describe(NodeProto node) => node.Name.Length > 0 ? $"{node.OpType} '{node.Name}'" : node.OpType;

        static NodeProto Bare(NodeProto node)
        {
            // Documentation and names of nodes change nothing of what is computed.
            NodeProto bare = new(node);
            bare.ClearName();
            bare.ClearDocString();
            bare.MetadataProps.Clear();
            return bare;
        }
    }

    [GeneratedRegex(@"^onnx::\w+_\d+$")]
    private static partial Regex NumberedName();
}
