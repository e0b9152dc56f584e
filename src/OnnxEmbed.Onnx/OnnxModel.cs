using Google.Protobuf;
using OnnxEmbed.Onnx.Files;
using OnnxEmbed.Onnx.Schema;
using OnnxEmbed.Tensors;

namespace OnnxEmbed.Onnx;

/// <summary>
/// An ONNX model: the graph as protobuf without the values of its initializers, and the values beside it as tensors, which lie in the mapped
/// file when the model was read from one. Reading costs memory for the graph only.
/// </summary>
public sealed partial class OnnxModel : IDisposable
{
    private readonly MappedFile? _file;
    private readonly ExternalDataFiles? _external;
    private readonly ByteString? _graphAsRead;

    /// <summary>Makes a model in memory.</summary>
    /// <param name="proto">The model. Its initializers state name, dims and type; those without values of their own take them from <paramref name="tensors"/>.</param>
    /// <param name="tensors">Values by initializer name.</param>
    /// <exception cref="ArgumentException">An initializer and its tensor do not agree, or one lacks the other.</exception>
    public OnnxModel(ModelProto proto, IReadOnlyDictionary<string, TensorData> tensors)
    {
        Proto = proto;
        Tensors = tensors;
        Locations = tensors.Keys.ToDictionary(name => name, _ => TensorLocation.Nowhere, StringComparer.Ordinal);
        CheckAgreement(proto, tensors);
    }

    /// <summary>Makes a model of which some tensors are still to be written, to plan its files; those with one location share their bytes.</summary>
    internal OnnxModel(ModelProto proto, IReadOnlyDictionary<string, TensorData> tensors, IReadOnlyDictionary<string, TensorLocation> locations)
        : this(proto, tensors) => Locations = locations;

    private OnnxModel(
        ModelSkeleton skeleton,
        MappedFile file,
        ExternalDataFiles external,
        IReadOnlyDictionary<string, TensorData> tensors,
        IReadOnlyDictionary<string, TensorLocation> locations)
    {
        Proto = skeleton.Proto;
        Tensors = tensors;
        Locations = locations;
        _file = file;
        _external = external;
        _graphAsRead = Proto.ToByteString();
    }

    /// <summary>
    /// Everything but the values in <see cref="Tensors"/>. Initializers of types that have no whole bytes (text, 8-bit floats, …), values in
    /// Constant nodes and in subgraphs stay here.
    /// </summary>
    public ModelProto Proto { get; }

    /// <summary>Values of the graph's initializers by name; readable until the model is disposed of.</summary>
    public IReadOnlyDictionary<string, TensorData> Tensors { get; }

    /// <summary>Where the values of each entry of <see cref="Tensors"/> lie.</summary>
    public IReadOnlyDictionary<string, TensorLocation> Locations { get; }

    /// <summary>Full path of the file that the model was read from; null if it was made in memory.</summary>
    public string? Path => _file?.Path;

    /// <summary>Whether values lie in external data files.</summary>
    public bool HasExternalData => _external is { Files.Count: > 0 };

    /// <summary>Opens a model file. External data are mapped, not read.</summary>
    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    /// <exception cref="OnnxFormatException">The file is not a valid model, or its external data are missing or outside its directory.</exception>
    public static OnnxModel Load(string path)
    {
        MappedFile file = MappedFile.Open(path);
        ExternalDataFiles external = new(path);
        try
        {
            ModelSkeleton skeleton = ModelSkeleton.Read(file);
            Dictionary<string, TensorData> tensors = new(StringComparer.Ordinal);
            Dictionary<string, TensorLocation> locations = new(StringComparer.Ordinal);
            HashSet<string> names = new(StringComparer.Ordinal);
            for (int i = 0; i < skeleton.Payloads.Count; i++)
            {
                TensorProto tensor = skeleton.Proto.Graph.Initializer[i];
                if (!names.Add(tensor.Name))
                {
                    throw new OnnxFormatException(file.Path, tensor.Name, "is an initializer twice");
                }

                if (!TensorDecoder.IsSupported((ElementType)tensor.DataType))
                {
                    RefuseExternal(tensor, file.Path);
                    continue;
                }

                (TensorData data, TensorLocation location) = Values(tensor, skeleton.Payloads[i], file, external);
                tensors.Add(tensor.Name, data);
                locations.Add(tensor.Name, location);
                TensorDecoder.Clear(tensor);
            }

            return new OnnxModel(skeleton, file, external, tensors, locations);
        }
        catch
        {
            external.Dispose();
            file.Dispose();
            throw;
        }
    }

    /// <summary>
    /// Tensors that are not initializers of the main graph: values of Constant nodes and initializers of subgraphs, each with a name that says
    /// where it is. For listing; merging does not touch them.
    /// </summary>
    public IEnumerable<(string Name, TensorProto Tensor)> EmbeddedTensors() => Embedded(Proto.Graph, "");

    /// <inheritdoc/>
    public void Dispose()
    {
        _external?.Dispose();
        _file?.Dispose();
    }

    private static (TensorData Data, TensorLocation Location) Values(
        TensorProto tensor, (long Offset, long Length)? payload, MappedFile file, ExternalDataFiles external)
    {
        if (tensor.DataLocation == TensorProto.Types.DataLocation.External)
        {
            return external.Read(tensor);
        }

        if (payload is not { } bytes)
        {
            TensorData decoded = TensorDecoder.Decode(tensor, file.Path);
            return decoded.ByteLength == 0
                ? (decoded, TensorLocation.Nowhere)
                : (decoded, new TensorLocation(TensorStorage.TypedField, System.IO.Path.GetFileName(file.Path), 0, 0));
        }

        long needed = TensorDecoder.BytesOf(tensor, file.Path);
        if (needed != bytes.Length)
        {
            throw new OnnxFormatException(
                file.Path,
                tensor.Name,
                $"{((ElementType)tensor.DataType).ShortName()}[{string.Join(", ", tensor.Dims)}] needs {needed} bytes, the file has {bytes.Length}");
        }

        return (
            TensorData.FromMapped((ElementType)tensor.DataType, [.. tensor.Dims], file, bytes.Offset),
            new TensorLocation(TensorStorage.Inline, System.IO.Path.GetFileName(file.Path), bytes.Offset, bytes.Length));
    }

    private static void RefuseExternal(TensorProto tensor, string path)
    {
        if (tensor.DataLocation == TensorProto.Types.DataLocation.External)
        {
            throw new OnnxFormatException(
                path, tensor.Name, $"has external data of element type {tensor.DataType}; supported there are the types of whole bytes");
        }
    }

    private static IEnumerable<(string Name, TensorProto Tensor)> Embedded(GraphProto graph, string prefix)
    {
        for (int i = 0; i < graph.Node.Count; i++)
        {
            NodeProto node = graph.Node[i];
            string name = prefix + (node.Name.Length > 0 ? node.Name : $"{node.OpType} {i}");
            foreach (AttributeProto attribute in node.Attribute)
            {
                if (attribute.T is not null)
                {
                    yield return ($"{name}.{attribute.Name}", attribute.T);
                }

                IEnumerable<GraphProto> subgraphs = attribute.G is null ? attribute.Graphs : attribute.Graphs.Prepend(attribute.G);
                foreach (GraphProto subgraph in subgraphs)
                {
                    foreach (TensorProto initializer in subgraph.Initializer)
                    {
                        yield return ($"{name}.{attribute.Name}/{initializer.Name}", initializer);
                    }

                    foreach ((string Name, TensorProto Tensor) inner in Embedded(subgraph, $"{name}.{attribute.Name}/"))
                    {
                        yield return inner;
                    }
                }
            }
        }
    }

    private static void CheckAgreement(ModelProto proto, IReadOnlyDictionary<string, TensorData> tensors)
    {
        if (proto.Graph is null)
        {
            throw new ArgumentException("a model needs a graph", nameof(proto));
        }

        List<string> faults = [];
        HashSet<string> names = new(StringComparer.Ordinal);
        foreach (TensorProto initializer in proto.Graph.Initializer)
        {
            if (!names.Add(initializer.Name))
            {
                faults.Add($"initializer '{initializer.Name}' twice");
            }

            if (!tensors.TryGetValue(initializer.Name, out TensorData? tensor))
            {
                TensorProto bare = new(initializer);
                TensorDecoder.Clear(bare);
                bool hasValues = initializer.StringData.Count > 0 || bare.CalculateSize() != initializer.CalculateSize();
                if (!hasValues && !initializer.Dims.Contains(0))
                {
                    faults.Add($"no values for the initializer '{initializer.Name}'");
                }
            }
            else if ((int)tensor.ElementType != initializer.DataType || !tensor.Shape.SequenceEqual(initializer.Dims))
            {
                faults.Add($"initializer '{initializer.Name}' of type {initializer.DataType} [{string.Join(", ", initializer.Dims)}] with values {tensor}");
            }
        }

        faults.AddRange(tensors.Keys.Where(name => !names.Contains(name)).Select(name => $"values without an initializer '{name}'"));
        if (faults.Count > 0)
        {
            throw new ArgumentException("a model needs values for each of its initializers, got: " + string.Join("; ", faults), nameof(tensors));
        }
    }
}
