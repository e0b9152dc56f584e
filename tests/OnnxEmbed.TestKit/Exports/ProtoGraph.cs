using OnnxEmbed.Onnx;
using OnnxEmbed.Onnx.Building;
using OnnxEmbed.Onnx.Schema;
using OnnxEmbed.Tensors;

namespace OnnxEmbed.TestKit.Exports;

/// <summary>Writes a graph node by node without looking at it, as exporters of any kind do; names are theirs.</summary>
public sealed class ProtoGraph
{
    private readonly ModelProto _model = new() { IrVersion = 8, ProducerName = "pytorch", Graph = new GraphProto { Name = "main_graph" } };
    private readonly Dictionary<string, TensorData> _tensors = new(StringComparer.Ordinal);
    private int _counter = 100;

    /// <summary>An empty graph of an opset.</summary>
    public ProtoGraph(int opset)
    {
        _model.OpsetImport.Add(new OperatorSetIdProto { Domain = "", Version = opset });
        _model.OpsetImport.Add(new OperatorSetIdProto { Domain = "com.microsoft", Version = 1 });
    }

    /// <summary>A number that no other tensor has in its name.</summary>
    public int Next() => _counter++;

    /// <summary>Adds an input; a text extent is a symbol.</summary>
    public string Input(string name, ElementType type, params object[] shape)
    {
        _model.Graph.Input.Add(Info(name, type, shape));
        return name;
    }

    /// <summary>Adds an output.</summary>
    public void Output(string name, ElementType type, params object[] shape) => _model.Graph.Output.Add(Info(name, type, shape));

    /// <summary>Adds an initializer.</summary>
    public string Constant(string name, TensorData data)
    {
        TensorProto initializer = new() { Name = name, DataType = (int)data.ElementType };
        initializer.Dims.AddRange(data.Shape);
        _model.Graph.Initializer.Add(initializer);
        _tensors.Add(name, data);
        return name;
    }

    /// <summary>Adds an int64 initializer.</summary>
    public string Ints(params long[] numbers) => Constant($"onnx::Constant_{Next()}", TensorData.From<long>(numbers, numbers.Length));

    /// <summary>Adds an int64 scalar.</summary>
    public string Int(long number) => Constant($"onnx::Constant_{Next()}", TensorData.From<long>([number]));

    /// <summary>Adds an f32 scalar.</summary>
    public string Number(double number) => Constant($"onnx::Constant_{Next()}", TensorData.From<float>([(float)number]));

    /// <summary>A node with one output of ONNX's domain.</summary>
    public string Node(string op, string[] inputs, params (string Name, object Value)[] attributes) => Node("", op, inputs, 1, attributes)[0];

    /// <summary>A node of any domain with any number of outputs.</summary>
    public string[] Node(string domain, string op, string[] inputs, int outputs, params (string Name, object Value)[] attributes)
    {
        int number = Next();
        NodeProto node = new() { OpType = op, Domain = domain, Name = $"/{op}_{number}" };
        node.Input.AddRange(inputs);
        node.Output.AddRange(Enumerable.Range(0, outputs).Select(i => $"/{op}_{number}_output_{i}"));
        node.Attribute.AddRange(attributes.Select(attribute => Attributes.Create(attribute.Name, attribute.Value)));
        _model.Graph.Node.Add(node);
        return [.. node.Output];
    }

    /// <summary>Gives a value another name wherever it is made and read.</summary>
    public string Alias(string value, string name)
    {
        foreach (NodeProto node in _model.Graph.Node)
        {
            Replace(node.Input, value, name);
            Replace(node.Output, value, name);
        }

        return name;
    }

    /// <summary>The model.</summary>
    public OnnxModel Build() => new(_model, _tensors);

    private static void Replace(IList<string> names, string old, string name)
    {
        for (int i = 0; i < names.Count; i++)
        {
            names[i] = names[i] == old ? name : names[i];
        }
    }

    private static ValueInfoProto Info(string name, ElementType type, object[] shape)
    {
        TypeProto.Types.Tensor tensor = new() { ElemType = (int)type, Shape = new TensorShapeProto() };
        tensor.Shape.Dim.AddRange(shape.Select(extent => extent is string symbol
            ? new TensorShapeProto.Types.Dimension { DimParam = symbol }
            : new TensorShapeProto.Types.Dimension { DimValue = Convert.ToInt64(extent, System.Globalization.CultureInfo.InvariantCulture) }));
        return new ValueInfoProto { Name = name, Type = new TypeProto { TensorType = tensor } };
    }
}
