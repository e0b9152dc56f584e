using System.Runtime.InteropServices;
using Google.Protobuf;
using OnnxEmbed.Onnx.Schema;
using OnnxEmbed.Tensors;

namespace OnnxEmbed.Onnx.Building;

/// <content>From and to a model.</content>
public sealed partial class GraphBuilder
{
    /// <summary>A builder that holds all of a model's graph, ready to be extended.</summary>
    /// <param name="model">The model; its tensors have to stay readable as long as the builder and what it builds are used.</param>
    /// <exception cref="GraphException">A node uses a value that no earlier node makes, or an operator that shapes do not pass through.</exception>
    public static GraphBuilder From(OnnxModel model) => From(model.Proto, model.Tensors);

    /// <summary>The graph as a model, holding only what its outputs need.</summary>
    public OnnxModel Build()
    {
        (ModelProto proto, IReadOnlyDictionary<string, TensorData> tensors) = ToModel();
        return new OnnxModel(proto, tensors);
    }

    /// <summary>A builder that holds all of a model's graph, ready to be extended.</summary>
    /// <param name="model">A model's proto; its initializers need name, type and extents only.</param>
    /// <param name="tensors">Values of all initializers by name.</param>
    /// <exception cref="GraphException">A node uses a value that no earlier node makes, or an operator that shapes do not pass through.</exception>
    public static GraphBuilder From(ModelProto model, IReadOnlyDictionary<string, TensorData> tensors)
    {
        GraphProto graph = model.Graph;
        int opset = (int)(model.OpsetImport.FirstOrDefault(import => import.Domain is "" or "ai.onnx")?.Version ?? DefaultOpset);
        GraphBuilder builder = new(graph.Name, opset);
        builder.ReadLeaves(graph, tensors);
        foreach (NodeProto node in GraphOrder.Sort(graph))
        {
            Value?[] operands = [.. node.Input.Select(name => name.Length == 0 ? null : builder[name])];
            builder.Append(node.Clone(), operands);
        }

        foreach (ValueInfoProto output in graph.Output)
        {
            builder.Output(builder[output.Name]);
        }

        return builder;
    }

    /// <summary>The graph as a proto without tensor data, holding only what its outputs need, and the values of its initializers.</summary>
    public (ModelProto Proto, IReadOnlyDictionary<string, TensorData> Tensors) ToModel()
    {
        HashSet<string> needed = [.. _outputs.Select(output => output.Name)];
        HashSet<string> unknownTypes = [.. _outputs.Where(output => output.Type == ElementType.Undefined).Select(output => output.Name)];
        if (unknownTypes.Count > 0)
        {
            throw new GraphException($"graph {Name}: needs outputs of known type, got none for {string.Join(", ", unknownTypes)}");
        }

        List<GraphNode> live = [];
        foreach (GraphNode node in _nodes.AsEnumerable().Reverse())
        {
            if (node.Proto.Output.Any(needed.Contains))
            {
                live.Add(node);
                needed.UnionWith(GraphOrder.Reads(node.Proto));
            }
        }

        live.Reverse();
        GraphProto graph = new() { Name = Name };
        graph.Node.AddRange(live.Select(node => node.Proto.Clone()));
        Dictionary<string, TensorData> tensors = _tensors.Where(pair => needed.Contains(pair.Key)).ToDictionary(StringComparer.Ordinal);
        foreach ((string name, TensorData data) in tensors)
        {
            TensorProto initializer = new() { Name = name, DataType = (int)data.ElementType };
            initializer.Dims.AddRange(data.Shape);
            graph.Initializer.Add(initializer);
        }

        graph.Initializer.AddRange(_odd.Where(initializer => needed.Contains(initializer.Name)));
        graph.Input.AddRange(_inputs.Select(Describe));
        graph.Output.AddRange(_outputs.Select(Describe));
        ModelProto model = new() { IrVersion = IrVersion, ProducerName = "onnxembed", Graph = graph };
        model.OpsetImport.Add(new OperatorSetIdProto { Domain = string.Empty, Version = Opset });
        return (model, tensors);
    }

    /// <summary>The graph with its tensors inside, as an inference session takes it.</summary>
    /// <exception cref="InvalidOperationException">The model passes the 2 GB that a protobuf message may have.</exception>
    public byte[] ToBytes()
    {
        (ModelProto model, IReadOnlyDictionary<string, TensorData> tensors) = ToModel();
        foreach (TensorProto initializer in model.Graph.Initializer)
        {
            TensorData data = tensors[initializer.Name];
            initializer.RawData = data.ByteLength < int.MaxValue
                ? UnsafeByteOperations.UnsafeWrap(data.Slice(0, (int)data.ByteLength).ToArray())
                : throw new InvalidOperationException($"{initializer.Name} {data}: needs less than 2 GB to lie inside a model");
        }

        return model.ToByteArray();
    }

    private static ValueInfoProto Describe(Value value)
    {
        TypeProto.Types.Tensor type = new() { ElemType = (int)value.Type };
        if (value.HasShape)
        {
            type.Shape = new TensorShapeProto();
            type.Shape.Dim.AddRange(value.Shape.Select(dim => dim.IsKnown
                ? new TensorShapeProto.Types.Dimension { DimValue = dim.Value }
                : new TensorShapeProto.Types.Dimension { DimParam = dim.ToString() }));
        }

        return new ValueInfoProto { Name = value.Name, Type = new TypeProto { TensorType = type } };
    }

    /// <summary>Adds a graph's initializers and inputs.</summary>
    internal void ReadLeaves(GraphProto graph, IReadOnlyDictionary<string, TensorData> tensors)
    {
        HashSet<string> constants = new(StringComparer.Ordinal);
        foreach (TensorProto initializer in graph.Initializer)
        {
            constants.Add(initializer.Name);
            if (tensors.TryGetValue(initializer.Name, out TensorData? data))
            {
                Initializer(initializer.Name, data);
            }
            else
            {
                // Types without whole bytes (4-bit integers, text) stay as the file has them.
                Register(new Value(initializer.Name, (ElementType)initializer.DataType, SymbolicShape.Of(initializer.Dims)));
                _odd.Add(initializer);
            }
        }

        // Before IR 4 an initializer is an input too; it stays a constant here.
        foreach (ValueInfoProto input in graph.Input.Where(input => !constants.Contains(input.Name)))
        {
            (ElementType type, SymbolicShape? shape) = ReadType(input);
            Input(input.Name, type, shape ?? throw new GraphException($"graph {graph.Name}: input {input.Name} needs to be a tensor of known rank"));
        }
    }

    /// <summary>What a file declares of a value; the shape is null where it says nothing.</summary>
    internal (ElementType Type, SymbolicShape? Shape) ReadType(ValueInfoProto info)
    {
        TypeProto.Types.Tensor? type = info.Type?.TensorType;
        return ((ElementType)(type?.ElemType ?? 0), type?.Shape is { } shape ? new SymbolicShape(shape.Dim.Select(ReadDim).ToArray()) : null);
    }

    private Dim ReadDim(TensorShapeProto.Types.Dimension dim) => dim.ValueCase switch
    {
        TensorShapeProto.Types.Dimension.ValueOneofCase.DimValue => dim.DimValue >= 0
            ? dim.DimValue
            : throw new GraphException($"graph {Name}: needs extents of 0 or more, got {dim.DimValue}"),
        TensorShapeProto.Types.Dimension.ValueOneofCase.DimParam when dim.DimParam.Length > 0 => Dim.Symbol(dim.DimParam),
        _ => Dim.Symbol($"?{_unknowns++}"),
    };
}
