using OnnxEmbed.Cli.Output;
using OnnxEmbed.Onnx;
using OnnxEmbed.Onnx.Schema;
using OnnxEmbed.Tensors;

namespace OnnxEmbed.Cli.Inspection;

/// <summary>What is in an ONNX file: versions, inputs and outputs, operators, tensors.</summary>
internal static class OnnxInspector
{
    public static Result Inspect(string path, bool all)
    {
        Result result = new Result().Fact("path", path).Fact("kind", "onnx");
        Add(result, path, all);
        return result;
    }

    public static void Add(Result result, string path, bool all)
    {
        using OnnxModel model = OnnxModel.Load(path);
        GraphProto graph = model.Proto.Graph;
        result.Fact("bytes", new FileInfo(path).Length)
            .Fact("external_data", model.HasExternalData)
            .Fact("ir_version", model.Proto.IrVersion)
            .Fact("opsets", model.Proto.OpsetImport.Select(opset => $"{(opset.Domain.Length == 0 ? "ai.onnx" : opset.Domain)} {opset.Version}").ToList())
            .Fact("producer", $"{model.Proto.ProducerName} {model.Proto.ProducerVersion}".Trim())
            .Fact("nodes", graph.Node.Count);
        result.Table("values", ["name", "role", "type", "shape"], graph.Input
            .Where(input => !model.Tensors.ContainsKey(input.Name))
            .Select(input => Row(input, "input"))
            .Concat(graph.Output.Select(output => Row(output, "output"))));
        result.Table("operators", ["operator", "nodes"], graph.Node
            .GroupBy(node => node.Domain is "" or "ai.onnx" ? node.OpType : $"{node.Domain}.{node.OpType}")
            .OrderByDescending(group => group.Count())
            .ThenBy(group => group.Key, StringComparer.Ordinal)
            .Select(group => new object?[] { group.Key, group.Count() }));
        TensorTable.AddTo(result, model.Tensors, all);
    }

    private static object?[] Row(ValueInfoProto value, string role)
    {
        TypeProto.Types.Tensor? tensor = value.Type?.TensorType;
        string type = tensor is null ? "?" : ((ElementType)tensor.ElemType).ShortName();
        string shape = tensor?.Shape is { } dimensions
            ? TensorTable.Shape(dimensions.Dim.Select(dim => dim.HasDimValue ? $"{dim.DimValue}" : dim.HasDimParam ? dim.DimParam : "?"))
            : "?";
        return [value.Name, role, type, shape];
    }
}
