using Google.Protobuf;
using OnnxEmbed.Merging.Inputs;
using OnnxEmbed.Merging.Vocabularies;
using OnnxEmbed.Onnx.Schema;
using OnnxEmbed.Tensors;

namespace OnnxEmbed.Merging.Engine;

/// <summary>Fits the tensors of all models to those of the first: one to one where names or places in the graph say so, in parts where layers are packed.</summary>
internal static class SourceAlignment
{
    /// <summary>Matches the tensors and tells each model where it holds those of the first.</summary>
    /// <param name="sources">The models.</param>
    /// <param name="tokens">The tokens of the result, where vocabularies differ.</param>
    /// <param name="differences">Receives tensors that are missing, have other shapes or cannot be told apart.</param>
    /// <param name="faults">Receives what else would mix unrelated weights.</param>
    /// <param name="warnings">Receives what does not stop the merge.</param>
    public static Alignment Check(
        IReadOnlyList<MergeSource> sources, VocabularyPlan? tokens, List<string> differences, List<string> faults, List<string> warnings)
    {
        List<TensorMatch> matches = [];
        MergeSource first = sources[0];
        if (!first.HasGraph)
        {
            throw new DataException($"merge: needs a graph for the result, {first.Label} has tensors only; name a package or an .onnx file first");
        }

        SourceMatcher matcher = new(first, tokens is not null);
        List<Dictionary<string, List<PartBinding>>> found = [];
        foreach (MergeSource source in sources.Skip(1))
        {
            string? difference = source.HasGraph ? FirstDifference(first.Model.Proto.Graph, source.Model.Proto.Graph) : null;
            found.Add(matcher.Match(source, source.HasGraph && difference is null, differences, warnings));
            CompareGraphs(first, source, difference, faults, warnings);
        }

        Dictionary<string, IReadOnlyList<MergeUnit>> units = new(StringComparer.Ordinal);
        if (differences.Count > 0)
        {
            return new Alignment(units, matches, warnings);
        }

        Dictionary<string, long[]> shapes = new(StringComparer.Ordinal);
        long? rows = null;
        foreach ((string name, TensorData tensor) in first.Model.Tensors)
        {
            PartitionedTensor parts = new(name, tensor, [.. found.Select(model => model.GetValueOrDefault(name))]);
            if (parts.Units(faults) is { } split)
            {
                units.Add(name, split);
            }

            parts.Bind(sources, matches);
        }

        if (tokens is not null)
        {
            foreach ((string name, int axis) in matcher.TokenAxes)
            {
                if (sources.FirstOrDefault(source => source.BindingOf(name) is { } binding && source.Quantised.ContainsKey(binding.Tensor)) is { } quantised)
                {
                    faults.Add($"'{name}': rows of tokens cannot be moved in a quantised table ({quantised.Label}); merge the models before they are quantised");
                    continue;
                }

                long[] shape = [.. first.Model.Tensors[name].Shape];
                (units[name], shape[axis]) = tokens.Split(name, axis, sources, faults);
                if (shape[axis] != first.Model.Tensors[name].Shape[axis])
                {
                    shapes.Add(name, shape);
                    rows ??= shape[axis];
                }
            }
        }

        return new Alignment(units, matches, warnings) { Shapes = shapes, Rows = rows, Vocabulary = tokens };
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

    /// <summary>The first node in which two graphs differ; null where they are the same, names of nodes aside.</summary>
    public static string? FirstDifference(GraphProto expected, GraphProto actual)
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

    private static void CompareGraphs(MergeSource first, MergeSource source, string? difference, List<string> faults, List<string> warnings)
    {
        if (!source.HasGraph)
        {
            return;
        }

        CompareEmbedded(first, source, faults);
        HashSet<string> held = [.. first.Model.Tensors.Keys];
        foreach (TensorProto opaque in first.Model.Proto.Graph.Initializer.Where(tensor => !held.Contains(tensor.Name)))
        {
            if (!opaque.Equals(source.Model.Proto.Graph.Initializer.FirstOrDefault(tensor => tensor.Name == opaque.Name)))
            {
                faults.Add($"'{opaque.Name}' has element type {opaque.DataType}, which cannot be merged, and differs in {source.Label}");
            }
        }

        if (difference is not null)
        {
            warnings.Add($"{source.Label}: {difference}; the graph of {first.Label} is used");
        }
    }

    /// <summary>Weights inside nodes, which are not merged: the same everywhere, or a fault.</summary>
    private static void CompareEmbedded(MergeSource first, MergeSource source, List<string> faults)
    {
        (string Name, TensorProto Tensor)[] ours = [.. first.Model.EmbeddedTensors()];
        (string Name, TensorProto Tensor)[] theirs = [.. source.Model.EmbeddedTensors()];
        if (ours.Select(tensor => tensor.Name).SequenceEqual(theirs.Select(tensor => tensor.Name)))
        {
            faults.AddRange(ours.Zip(theirs)
                .Where(pair => IsFloat(pair.First.Tensor) && !pair.First.Tensor.Equals(pair.Second.Tensor))
                .Select(pair => Fault(pair.First.Name)));
            return;
        }

        HashSet<ByteString> contents = [.. theirs.Select(tensor => Content(tensor.Tensor))];
        faults.AddRange(ours.Where(tensor => IsFloat(tensor.Tensor) && tensor.Tensor.Dims.Any(extent => extent > 1) && !contents.Contains(Content(tensor.Tensor)))
            .Select(tensor => Fault(tensor.Name)));

        static bool IsFloat(TensorProto tensor) => ((ElementType)tensor.DataType).IsFloat();

        static ByteString Content(TensorProto tensor) => new TensorProto(tensor) { Name = "", DocString = "" }.ToByteString();

        string Fault(string name) => $"'{name}' inside a node differs in {source.Label}; only initializers can be merged";
    }
}
