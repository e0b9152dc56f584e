using OnnxEmbed.Onnx;
using OnnxEmbed.Onnx.Schema;
using OnnxEmbed.Tensors;

namespace OnnxEmbed.Merging.Tests.Inputs;

/// <summary>A BERT whose query, key and value are one matrix [3H, H], or turned [H, 3H], with a Split behind it.</summary>
internal static class PackedExport
{
    public static OnnxModel Of(OnnxModel model, bool turned)
    {
        ModelProto proto = new(model.Proto);
        GraphProto graph = proto.Graph;
        Dictionary<string, TensorData> tensors = new(model.Tensors, StringComparer.Ordinal);
        for (int layer = 0; tensors.ContainsKey($"encoder.layer.{layer}.attention.self.query.weight"); layer++)
        {
            string scope = $"encoder.layer.{layer}.attention.self.";
            NodeProto[] linears = [.. ((string[])["query", "key", "value"]).Select(name => graph.Node.First(node => node.Input.Contains($"{scope}{name}.weight")))];
            TensorData[] weights = [.. linears.Select(node => tensors[node.Input[1]])];
            TensorData[] biases = [.. linears.Select(node => tensors[node.Input[2]])];
            long width = biases.Sum(bias => bias.Shape[0]);
            TensorData weight = TensorData.From<float>([.. weights.SelectMany(part => part.ToSingles())], width, weights[0].Shape[1]);
            tensors[scope + "qkv.weight"] = turned ? ExportTwin.Transposed(weight) : weight;
            tensors[scope + "qkv.bias"] = TensorData.From<float>([.. biases.SelectMany(part => part.ToSingles())], width);
            foreach (NodeProto linear in linears)
            {
                tensors.Remove(linear.Input[1]);
                tensors.Remove(linear.Input[2]);
            }

            int at = graph.Node.IndexOf(linears[0]);
            NodeProto packed = BareModels.Node("Gemm", [linears[0].Input[0], scope + "qkv.weight", scope + "qkv.bias"], scope + "qkv");
            packed.Attribute.Add(new AttributeProto { Name = "transB", I = turned ? 0 : 1, Type = AttributeProto.Types.AttributeType.Int });
            NodeProto split = new() { OpType = "Split" };
            split.Input.Add(scope + "qkv");
            split.Output.AddRange(linears.Select(linear => linear.Output[0]));
            split.Attribute.Add(new AttributeProto { Name = "axis", I = -1, Type = AttributeProto.Types.AttributeType.Int });
            graph.Node.Insert(at, packed);
            graph.Node.Insert(at + 1, split);
            foreach (NodeProto linear in linears)
            {
                graph.Node.Remove(linear);
            }
        }

        graph.Initializer.Clear();
        foreach ((string name, TensorData tensor) in tensors)
        {
            TensorProto head = new() { Name = name, DataType = (int)tensor.ElementType };
            head.Dims.AddRange(tensor.Shape);
            graph.Initializer.Add(head);
        }

        graph.ValueInfo.Clear();
        return new OnnxModel(proto, tensors);
    }
}
