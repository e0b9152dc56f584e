using OnnxEmbed.Onnx;
using OnnxEmbed.Onnx.Schema;
using OnnxEmbed.Tensors;

namespace OnnxEmbed.Merging.Tests.Adapters;

/// <summary>
/// A model of ours as PyTorch's exporter would have written it: linear layers as MatMul and Add, their weights transposed and numbered,
/// nodes named by module.
/// </summary>
internal static class ExportedGraph
{
    /// <summary>The model as exported, its weights numbered from <paramref name="first"/> on.</summary>
    public static OnnxModel Of(OnnxModel model, int first = 0)
    {
        ModelProto proto = model.Proto.Clone();
        Dictionary<string, TensorData> tensors = new(model.Tensors);
        List<NodeProto> nodes = [];
        foreach (NodeProto node in proto.Graph.Node)
        {
            if (node.OpType != "Gemm" || !tensors.TryGetValue(node.Input[1], out TensorData? weight))
            {
                nodes.Add(node);
                continue;
            }

            string parameter = node.Input[1];
            string layer = "/" + parameter[..^".weight".Length].Replace('.', '/');
            string name = $"onnx::MatMul_{first + nodes.Count}";
            int rows = (int)weight.Shape[0], columns = (int)weight.Shape[1];
            float[] values = weight.ToArray<float>();
            tensors.Remove(parameter);
            tensors[name] = TensorData.From<float>([.. Enumerable.Range(0, values.Length).Select(i => values[(i % rows * columns) + (i / rows)])], columns, rows);
            TensorProto head = proto.Graph.Initializer.Single(initializer => initializer.Name == parameter);
            head.Name = name;
            head.Dims.Clear();
            head.Dims.AddRange([columns, rows]);
            bool biased = node.Input.Count > 2;
            nodes.Add(BareModels.Node("MatMul", [node.Input[0], name], biased ? node.Output[0] + ".product" : node.Output[0], layer + "/MatMul"));
            if (biased)
            {
                nodes.Add(BareModels.Node("Add", [node.Input[2], node.Output[0] + ".product"], node.Output[0], layer + "/Add"));
            }
        }

        proto.Graph.Node.Clear();
        proto.Graph.Node.AddRange(nodes);
        return new OnnxModel(proto, tensors);
    }
}
