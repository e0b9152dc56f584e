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
        foreach (TensorProto initializer in graph.Initializer)
        {
            builder.Initializer(initializer.Name, tensors[initializer.Name]);
        }

        // Before IR 4 an initializer is an input too; it stays a constant here.
        foreach (ValueInfoProto input in graph.Input.Where(input => !tensors.ContainsKey(input.Name)))
        {
            TypeProto.Types.Tensor type = input.Type.TensorType
                ?? throw new GraphException($"graph {graph.Name}: input {input.Name} needs to be a tensor");
            builder.Input(input.Name, (ElementType)type.ElemType, type.Shape?.Dim.Select(builder.ReadDim)
                ?? throw new GraphException($"graph {graph.Name}: input {input.Name} needs a known rank"));
        }

        foreach (NodeProto node in graph.Node)
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
        List<GraphNode> live = [];
        foreach (GraphNode node in _nodes.AsEnumerable().Reverse())
        {
            if (node.Proto.Output.Any(needed.Contains))
            {
                live.Add(node);
                needed.UnionWith(node.Proto.Input);
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
        TensorShapeProto shape = new();
        foreach (Dim dim in value.Shape)
        {
            shape.Dim.Add(dim.IsKnown
                ? new TensorShapeProto.Types.Dimension { DimValue = dim.Value }
                : new TensorShapeProto.Types.Dimension { DimParam = dim.ToString() });
        }

        return new ValueInfoProto
        {
            Name = value.Name,
            Type = new TypeProto { TensorType = new TypeProto.Types.Tensor { ElemType = (int)value.Type, Shape = shape } },
        };
    }

    private Dim ReadDim(TensorShapeProto.Types.Dimension dim) => dim.ValueCase switch
    {
        TensorShapeProto.Types.Dimension.ValueOneofCase.DimValue => dim.DimValue,
        TensorShapeProto.Types.Dimension.ValueOneofCase.DimParam when dim.DimParam.Length > 0 => Dim.Symbol(dim.DimParam),
        _ => Dim.Symbol($"?{_unknowns++}"),
    };
}
