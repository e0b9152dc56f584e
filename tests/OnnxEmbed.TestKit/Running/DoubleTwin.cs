using System.Runtime.InteropServices;
using Google.Protobuf;
using OnnxEmbed.Onnx.Schema;
using OnnxEmbed.Tensors;
using OnnxEmbed.TestKit.CustomOperators;

namespace OnnxEmbed.TestKit.Running;

/// <summary>
/// The float64 twin of a float32 model: the same graph with every float32 input, output, initializer, constant and Cast target in
/// float64, and the operators without a double kernel redirected to <see cref="DoubleCustomOps"/> or expanded. Numbers that stand in the
/// model keep their float32 values; float attributes (alpha, epsilon) stay as they are. Other types are left alone.
/// </summary>
public static class DoubleTwin
{
    private const int Single = (int)ElementType.Float32;
    private const int Double = (int)ElementType.Float64;

    /// <summary>Attributes that name the element type of an operator's result.</summary>
    private static readonly HashSet<(string Operator, string Attribute)> TypeAttributes =
    [
        ("Cast", "to"), ("EyeLike", "dtype"), ("Bernoulli", "dtype"), ("RandomNormal", "dtype"), ("RandomNormalLike", "dtype"),
        ("RandomUniform", "dtype"), ("RandomUniformLike", "dtype"), ("LayerNormalization", "stash_type"),
    ];

    /// <summary>Operators that produce float32 when the attribute is left out: it must be written out in the twin.</summary>
    private static readonly HashSet<(string Operator, string Attribute)> SingleByDefault = [("LayerNormalization", "stash_type")];

    /// <summary>The twin of a serialised, self-contained model.</summary>
    /// <exception cref="NotSupportedException">The model has subgraphs, functions or external data.</exception>
    public static byte[] Of(byte[] model)
    {
        ModelProto proto = ModelProto.Parser.ParseFrom(model);
        Convert(proto);
        return proto.ToByteArray();
    }

    internal static AttributeProto TensorAttribute(string name, double[] values, long[] shape) => new()
    {
        Name = name,
        Type = AttributeProto.Types.AttributeType.Tensor,
        T = new TensorProto { DataType = Double, Dims = { shape }, RawData = ByteString.CopyFrom(MemoryMarshal.AsBytes<double>(values)) },
    };

    private static void Convert(ModelProto model)
    {
        if (model.Functions.Count > 0)
        {
            throw new NotSupportedException("the double twin needs a model without local functions");
        }

        foreach (ValueInfoProto value in model.Graph.Input.Concat(model.Graph.Output))
        {
            if (value.Type?.TensorType is { ElemType: Single } tensor)
            {
                tensor.ElemType = Double;
            }
        }

        // Shapes in between are inferred again; a custom operator's result has no declared one.
        model.Graph.ValueInfo.Clear();
        foreach (TensorProto initializer in model.Graph.Initializer)
        {
            Widen(initializer);
        }

        bool custom = false;
        NodeProto[] nodes = [.. model.Graph.Node];
        model.Graph.Node.Clear();
        foreach (NodeProto node in nodes)
        {
            if (node.Domain is "" or "ai.onnx")
            {
                Convert(node);
                custom |= Redirect(node);
                model.Graph.Node.AddRange(DoubleExpansions.Expand(node));
            }
            else
            {
                model.Graph.Node.Add(node);
            }
        }

        if (custom)
        {
            model.OpsetImport.Add(new OperatorSetIdProto { Domain = DoubleCustomOps.Domain, Version = 1 });
        }
    }

    private static void Convert(NodeProto node)
    {
        foreach (AttributeProto attribute in node.Attribute)
        {
            if (attribute.G is not null || attribute.Graphs.Count > 0)
            {
                throw new NotSupportedException($"the double twin needs a graph without subgraphs, got {node.OpType} \"{node.Name}\"");
            }

            if (attribute.T is not null)
            {
                Widen(attribute.T);
            }

            if (attribute.I == Single && TypeAttributes.Contains((node.OpType, attribute.Name)))
            {
                attribute.I = Double;
            }
        }

        foreach ((string _, string name) in SingleByDefault.Where(row => row.Operator == node.OpType))
        {
            if (node.Attribute.All(attribute => attribute.Name != name))
            {
                node.Attribute.Add(new AttributeProto { Name = name, Type = AttributeProto.Types.AttributeType.Int, I = Double });
            }
        }

        switch (node.OpType)
        {
            case "Constant":
                ConvertConstant(node);
                break;
            case "ConstantOfShape" when node.Attribute.Count == 0:
                node.Attribute.Add(TensorAttribute("value", [0], [1]));
                break;
        }
    }

    // Constant also has the short forms value_float and value_floats.
    private static void ConvertConstant(NodeProto node)
    {
        for (int i = 0; i < node.Attribute.Count; i++)
        {
            AttributeProto attribute = node.Attribute[i];
            node.Attribute[i] = attribute.Name switch
            {
                "value_float" => TensorAttribute("value", [attribute.F], []),
                "value_floats" => TensorAttribute("value", [.. attribute.Floats.Select(value => (double)value)], [attribute.Floats.Count]),
                _ => attribute,
            };
        }
    }

    private static bool Redirect(NodeProto node)
    {
        string name = node.OpType;
        if (name == "Gelu" && node.Attribute.Any(attribute => attribute.Name == "approximate" && attribute.S.ToStringUtf8() == "tanh"))
        {
            name = DoubleCustomOps.GeluTanh;
        }

        if (DoubleCustomOps.Operators.All(op => op.Name != name))
        {
            return false;
        }

        node.OpType = name;
        node.Domain = DoubleCustomOps.Domain;
        node.Attribute.Clear();
        return true;
    }

    private static void Widen(TensorProto tensor)
    {
        if (tensor.DataType != Single)
        {
            return;
        }

        if (tensor.ExternalData.Count > 0)
        {
            throw new NotSupportedException($"the double twin needs tensor data inside the model, got external data of '{tensor.Name}'");
        }

        ReadOnlySpan<float> values = tensor.HasRawData
            ? MemoryMarshal.Cast<byte, float>(tensor.RawData.Span)
            : tensor.FloatData.ToArray();
        double[] wide = new double[values.Length];
        for (int i = 0; i < wide.Length; i++)
        {
            wide[i] = values[i];
        }

        tensor.DataType = Double;
        tensor.FloatData.Clear();
        tensor.RawData = ByteString.CopyFrom(MemoryMarshal.AsBytes<double>(wide));
    }
}
