using Google.Protobuf;
using OnnxEmbed.Onnx.Schema;
using OnnxEmbed.Tensors;

namespace OnnxEmbed.Onnx.Tests.Files;

/// <summary>Small models made field by field, as other programs write them.</summary>
internal static class SampleModels
{
    /// <summary>y = x·w + b with w [300, 2] (2400 bytes) and b [2] (8 bytes).</summary>
    public static OnnxModel Affine()
    {
        float[] w = [.. Enumerable.Range(0, 600).Select(i => (i % 37) / 8f)];
        Dictionary<string, TensorData> tensors = new()
        {
            ["w"] = TensorData.From<float>(w, 300, 2),
            ["b"] = TensorData.From<float>([0.5f, -1], 2),
        };
        ModelProto proto = Proto();
        foreach ((string name, TensorData tensor) in tensors)
        {
            proto.Graph.Initializer.Add(Head(name, tensor));
        }

        return new OnnxModel(proto, tensors);
    }

    public static ModelProto Proto()
    {
        GraphProto graph = new() { Name = "affine" };
        graph.Input.Add(Describe("x", 1, 300));
        graph.Output.Add(Describe("y", 1, 2));
        graph.Node.Add(new NodeProto { OpType = "MatMul", Name = "product", Input = { "x", "w" }, Output = { "p" } });
        graph.Node.Add(new NodeProto { OpType = "Add", Name = "sum", Input = { "p", "b" }, Output = { "y" } });
        ModelProto model = new() { IrVersion = 8, ProducerName = "test", Graph = graph };
        model.OpsetImport.Add(new OperatorSetIdProto { Domain = "", Version = 17 });
        return model;
    }

    public static TensorProto Head(string name, TensorData tensor)
    {
        TensorProto head = new() { Name = name, DataType = (int)tensor.ElementType };
        head.Dims.AddRange(tensor.Shape);
        return head;
    }

    public static TensorProto Raw(string name, TensorData tensor)
    {
        TensorProto proto = Head(name, tensor);
        proto.RawData = ByteString.CopyFrom(tensor.Slice(0, (int)tensor.ByteLength));
        return proto;
    }

    public static TensorProto External(string name, TensorData tensor, string location, string? offset = null, string? length = null)
    {
        TensorProto proto = Head(name, tensor);
        proto.DataLocation = TensorProto.Types.DataLocation.External;
        proto.ExternalData.Add(new StringStringEntryProto { Key = "location", Value = location });
        if (offset is not null)
        {
            proto.ExternalData.Add(new StringStringEntryProto { Key = "offset", Value = offset });
        }

        if (length is not null)
        {
            proto.ExternalData.Add(new StringStringEntryProto { Key = "length", Value = length });
        }

        return proto;
    }

    private static ValueInfoProto Describe(string name, params long[] shape)
    {
        TensorShapeProto dims = new();
        dims.Dim.AddRange(shape.Select(extent => new TensorShapeProto.Types.Dimension { DimValue = extent }));
        return new ValueInfoProto
        {
            Name = name,
            Type = new TypeProto { TensorType = new TypeProto.Types.Tensor { ElemType = 1, Shape = dims } },
        };
    }
}
