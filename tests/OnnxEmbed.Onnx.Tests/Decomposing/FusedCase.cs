using OnnxEmbed.Onnx.Building;
using OnnxEmbed.Onnx.Schema;
using OnnxEmbed.Tensors;

namespace OnnxEmbed.Onnx.Tests.Decomposing;

/// <summary>
/// One fused node on random inputs. Axes of extent 3 are the batch and of extent 5 the sequence, both open in the graph; what is called
/// after a weight is an initializer.
/// </summary>
internal sealed record FusedCase(string Name, string Domain, string Operator, int Opset)
{
    public const int B = 3;
    public const int S = 5;

    private readonly Random _random = new(7);
    private readonly List<(string Name, TensorData? Data, bool Weight)> _inputs = [];
    private readonly List<(string Name, object Value)> _attributes = [];

    public IReadOnlyList<(string Name, TensorData? Data, bool Weight)> Inputs => _inputs;

    /// <summary>Outputs of the node that are compared; null leaves one out.</summary>
    public string?[] Outputs { get; private set; } = ["y"];

    /// <summary>Rows of the sequence that are compared for each text, where states of padding are not defined; null for all.</summary>
    public int[]? Lengths { get; private set; }

    /// <summary>Random numbers of [-1, 1].</summary>
    public FusedCase X(params long[] shape) => Add(Numbers(shape), weight: false);

    public FusedCase W(params long[] shape) => Add(Numbers(shape), weight: true);

    public FusedCase Data(TensorData data) => Add(data, weight: false);

    public FusedCase Table(TensorData data) => Add(data, weight: true);

    public FusedCase None()
    {
        _inputs.Add(("", null, false));
        return this;
    }

    public FusedCase With(string attribute, object value)
    {
        _attributes.Add((attribute, value));
        return this;
    }

    public FusedCase Gives(params string?[] outputs)
    {
        Outputs = outputs;
        return this;
    }

    public FusedCase Compares(params int[] lengths)
    {
        Lengths = lengths;
        return this;
    }

    public ModelProto Model()
    {
        GraphProto graph = new() { Name = "fused" };
        NodeProto node = new() { Name = "node", OpType = Operator, Domain = Domain };
        foreach ((string name, TensorData? data, bool weight) in _inputs)
        {
            node.Input.Add(name);
            if (data is null)
            {
                continue;
            }

            if (weight)
            {
                TensorProto initializer = new() { Name = name, DataType = (int)data.ElementType };
                initializer.Dims.AddRange(data.Shape);
                graph.Initializer.Add(initializer);
            }
            else
            {
                graph.Input.Add(Info(name, data.ElementType, data.Shape));
            }
        }

        node.Attribute.AddRange(_attributes.Select(attribute => Attributes.Create(attribute.Name, attribute.Value)));
        foreach (string? output in Outputs)
        {
            node.Output.Add(output ?? "");
            if (output is not null)
            {
                graph.Output.Add(Info(output, output.StartsWith('i') ? ElementType.Int32 : ElementType.Float32, null));
            }
        }

        graph.Node.Add(node);
        ModelProto model = new() { IrVersion = 8, Graph = graph };
        model.OpsetImport.Add(new OperatorSetIdProto { Domain = "", Version = Opset });
        if (Domain.Length > 0)
        {
            model.OpsetImport.Add(new OperatorSetIdProto { Domain = Domain, Version = 1 });
        }

        return model;
    }

    public override string ToString() => $"{Operator} {Name}";

    private FusedCase Add(TensorData data, bool weight)
    {
        _inputs.Add(($"{(weight ? "w" : "x")}{_inputs.Count}", data, weight));
        return this;
    }

    private TensorData Numbers(long[] shape)
    {
        float[] values = new float[TensorData.CountElements(shape)];
        for (int i = 0; i < values.Length; i++)
        {
            values[i] = (float)((2 * _random.NextDouble()) - 1);
        }

        return TensorData.From<float>(values, shape);
    }

    private static ValueInfoProto Info(string name, ElementType type, IReadOnlyList<long>? shape)
    {
        TypeProto.Types.Tensor tensor = new() { ElemType = (int)type };
        if (shape is not null)
        {
            tensor.Shape = new TensorShapeProto();
            tensor.Shape.Dim.AddRange(shape.Select(extent => extent switch
            {
                B => new TensorShapeProto.Types.Dimension { DimParam = "batch_size" },
                S => new TensorShapeProto.Types.Dimension { DimParam = "sequence_length" },
                _ => new TensorShapeProto.Types.Dimension { DimValue = extent },
            }));
        }

        return new ValueInfoProto { Name = name, Type = new TypeProto { TensorType = tensor } };
    }
}
