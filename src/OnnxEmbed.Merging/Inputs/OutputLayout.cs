using OnnxEmbed.Merging.Engine;
using OnnxEmbed.Merging.Vocabularies;
using OnnxEmbed.Onnx;
using OnnxEmbed.Onnx.Schema;
using OnnxEmbed.Tensors;

namespace OnnxEmbed.Merging.Inputs;

/// <summary>
/// The result's graph where its weights get other rows or another element type. For a type each weight is stored in that type and a Cast
/// behind it gives the type that
/// the nodes of the graph take, so that the model computes as before. Where a Cast is there already it stays the only one.
/// </summary>
internal static class OutputLayout
{
    private const int FirstOpsetOfBFloat16 = 13; // Cast-13 takes bf16

    /// <summary>
    /// The model with the shapes and types of the result; its changed tensors have no bytes. The model itself where nothing changes.
    /// </summary>
    /// <exception cref="OptionException">The graph's opset cannot hold the type.</exception>
    public static OnnxModel Of(OnnxModel model, ElementType? type, IReadOnlyDictionary<string, long[]> shapes)
    {
        model = shapes.Count == 0 ? model : Resized(model, shapes);
        if (type is not { } wanted)
        {
            return model;
        }

        FixedTensors constants = new(model.Proto.Graph);
        HashSet<string> outputs = [.. model.Proto.Graph.Output.Select(output => output.Name)];
        string[] changed = [.. model.Tensors
            .Where(entry => entry.Value.ElementType.IsFloat() && entry.Value.ElementType != wanted && !outputs.Contains(entry.Key)
                && !constants.IsConstant(entry.Key, entry.Value) && !constants.IsQuantisedWeight(entry.Key))
            .Select(entry => entry.Key)];
        if (changed.Length == 0)
        {
            return model;
        }

        long opset = model.Proto.OpsetImport.FirstOrDefault(import => import.Domain.Length == 0 || import.Domain == "ai.onnx")?.Version
            ?? 0;
        if (wanted == ElementType.BFloat16 && opset < FirstOpsetOfBFloat16)
        {
            throw new OptionException($"output type: bf16 needs a graph of opset {FirstOpsetOfBFloat16} or later, got {opset}");
        }

        ModelProto proto = new(model.Proto);
        Dictionary<string, TensorData> tensors = new(model.Tensors, StringComparer.Ordinal);
        Dictionary<string, string> casts = new(StringComparer.Ordinal);
        Consumers consumers = new(model.Proto.Graph);
        HashSet<string> taken = [.. proto.Graph.Node.SelectMany(node => node.Output),
            .. proto.Graph.Initializer.Select(tensor => tensor.Name)];
        List<NodeProto> added = [];
        foreach (string name in changed)
        {
            TensorData tensor = model.Tensors[name];
            tensors[name] = TensorData.WithoutBytes(wanted, [.. tensor.Shape]);
            if (consumers.Of(name).Any() && consumers.Of(name).All(use => use.Node.OpType == "Cast") && !proto.Graph.Node.Any(HasSubgraph))
            {
                continue;
            }

            string cast = $"{name}.{tensor.ElementType.ShortName()}";
            while (!taken.Add(cast))
            {
                cast += "_";
            }

            casts.Add(name, cast);
            added.Add(Cast(name, cast, tensor.ElementType));
        }

        Rename(proto.Graph, casts);
        for (int i = 0; i < added.Count; i++)
        {
            proto.Graph.Node.Insert(i, added[i]);
        }

        foreach (TensorProto initializer in proto.Graph.Initializer.Where(tensor => tensors.ContainsKey(tensor.Name)))
        {
            initializer.DataType = (int)tensors[initializer.Name].ElementType;
        }

        foreach (ValueInfoProto value in proto.Graph.Input.Concat(proto.Graph.ValueInfo)
            .Where(value => changed.Contains(value.Name) && value.Type?.TensorType is not null))
        {
            value.Type.TensorType.ElemType = (int)wanted;
        }

        return new OnnxModel(proto, tensors, model.Locations);
    }

    /// <summary>Gives initializers other shapes, and the graph's outputs the number of tokens where they say the old one.</summary>
    private static OnnxModel Resized(OnnxModel model, IReadOnlyDictionary<string, long[]> shapes)
    {
        ModelProto proto = new(model.Proto);
        Dictionary<string, TensorData> tensors = new(model.Tensors, StringComparer.Ordinal);
        Dictionary<long, long> extents = [];
        foreach ((string name, long[] shape) in shapes)
        {
            foreach ((int axis, long extent) in shape.Index().Where(entry => entry.Item != model.Tensors[name].Shape[entry.Index]))
            {
                extents[model.Tensors[name].Shape[axis]] = extent;
            }

            tensors[name] = TensorData.WithoutBytes(model.Tensors[name].ElementType, shape);
            TensorProto initializer = proto.Graph.Initializer.First(tensor => tensor.Name == name);
            initializer.Dims.Clear();
            initializer.Dims.AddRange(shape);
        }

        // What lies between is inferred anew by whoever reads the model; an output's last axis are scores of tokens.
        foreach (ValueInfoProto value in proto.Graph.ValueInfo.Where(value => Dims(value).Any(dim => extents.ContainsKey(dim.DimValue)))
            .ToArray())
        {
            proto.Graph.ValueInfo.Remove(value);
        }

        HashSet<string> scores = TokenTensors.Scores(proto.Graph, shapes.Keys);
        foreach (TensorShapeProto.Types.Dimension dim in proto.Graph.Output.Where(output => scores.Contains(output.Name))
            .Select(output => Dims(output).LastOrDefault()).OfType<TensorShapeProto.Types.Dimension>()
            .Concat(proto.Graph.Input.Where(input => shapes.ContainsKey(input.Name)).SelectMany(Dims))
            .Where(dim => extents.ContainsKey(dim.DimValue)))
        {
            dim.DimValue = extents[dim.DimValue];
        }

        return new OnnxModel(proto, tensors, model.Locations);

        static IEnumerable<TensorShapeProto.Types.Dimension> Dims(ValueInfoProto value) => value.Type?.TensorType?.Shape?.Dim
            ?? Enumerable.Empty<TensorShapeProto.Types.Dimension>();
    }

    private static NodeProto Cast(string input, string output, ElementType type)
    {
        NodeProto node = new() { OpType = "Cast", Name = $"{output}/Cast" };
        node.Input.Add(input);
        node.Output.Add(output);
        node.Attribute.Add(new AttributeProto { Name = "to", I = (int)type, Type = AttributeProto.Types.AttributeType.Int });
        return node;
    }

    private static bool HasSubgraph(NodeProto node) =>
        node.Attribute.Any(attribute => attribute.G is not null || attribute.Graphs.Count > 0);

    /// <summary>Lets the nodes, also those of subgraphs, read the cast values.</summary>
    private static void Rename(GraphProto graph, Dictionary<string, string> casts)
    {
        foreach (NodeProto node in graph.Node)
        {
            for (int i = 0; i < node.Input.Count; i++)
            {
                if (casts.TryGetValue(node.Input[i], out string? cast))
                {
                    node.Input[i] = cast;
                }
            }

            foreach (GraphProto subgraph in node.Attribute
                .SelectMany(attribute => attribute.G is null ? attribute.Graphs : attribute.Graphs.Prepend(attribute.G)))
            {
                // A subgraph's own values of the same name hide the outer ones.
                HashSet<string> hidden =
                [
                    .. subgraph.Input.Select(input => input.Name), .. subgraph.Initializer.Select(tensor => tensor.Name),
                    .. subgraph.Node.SelectMany(inner => inner.Output),
                ];
                Rename(subgraph, casts.Where(entry => !hidden.Contains(entry.Key)).ToDictionary(StringComparer.Ordinal));
            }
        }
    }
}
