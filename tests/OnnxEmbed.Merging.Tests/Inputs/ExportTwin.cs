using OnnxEmbed.Onnx;
using OnnxEmbed.Onnx.Schema;
using OnnxEmbed.Tensors;

namespace OnnxEmbed.Merging.Tests.Inputs;

/// <summary>
/// The same model as another exporter would write it: values and weights numbered by a counter that the seed shuffles, nodes in another order,
/// and linear layers as MatMul and Add with the weight turned to [in, out].
/// </summary>
internal static class ExportTwin
{
    /// <summary>Makes the twin of a model; only inputs and outputs keep their names.</summary>
    public static OnnxModel Of(OnnxModel model, int seed, bool turn = true, bool renameVectors = true)
    {
        ModelProto proto = new(model.Proto);
        Dictionary<string, TensorData> tensors = new(model.Tensors, StringComparer.Ordinal);
        if (turn)
        {
            Turn(proto, tensors);
        }

        Random random = new(seed);
        GraphProto graph = proto.Graph;
        HashSet<string> kept = [.. graph.Input.Select(input => input.Name), .. graph.Output.Select(output => output.Name)];
        string[] named = [.. graph.Initializer.Select(tensor => tensor.Name).Where(name => renameVectors || tensors[name].Shape.Count != 1)];
        string[] values = [.. graph.Node.SelectMany(node => node.Output).Concat(named).Where(name => name.Length > 0 && !kept.Contains(name)).Distinct()];
        int[] numbers = [.. Enumerable.Range(100, values.Length)];
        random.Shuffle(numbers);
        Dictionary<string, string> names = values.Zip(numbers, (name, number) => (name, number))
            .ToDictionary(entry => entry.name, entry => (tensors.ContainsKey(entry.name) ? "onnx::MatMul_" : "v") + entry.number, StringComparer.Ordinal);
        foreach (NodeProto node in graph.Node)
        {
            node.Name = "";
            Rename(node.Input);
            Rename(node.Output);
        }

        foreach (TensorProto initializer in graph.Initializer)
        {
            initializer.Name = names.GetValueOrDefault(initializer.Name, initializer.Name);
        }

        graph.ValueInfo.Clear();
        Shuffle(graph, random);
        return new OnnxModel(proto, tensors.ToDictionary(entry => names.GetValueOrDefault(entry.Key, entry.Key), entry => entry.Value, StringComparer.Ordinal));

        void Rename(IList<string> list)
        {
            for (int i = 0; i < list.Count; i++)
            {
                list[i] = names.GetValueOrDefault(list[i], list[i]);
            }
        }
    }

    /// <summary>[rows, columns] to [columns, rows].</summary>
    public static TensorData Transposed(TensorData tensor)
    {
        float[] values = tensor.ToSingles();
        int rows = (int)tensor.Shape[0];
        int columns = (int)tensor.Shape[1];
        float[] turned = new float[values.Length];
        for (int i = 0; i < values.Length; i++)
        {
            turned[(i % columns * rows) + (i / columns)] = values[i];
        }

        return TensorData.FromSingles(turned, tensor.ElementType, columns, rows);
    }

    /// <summary>Gemm with transB to MatMul and Add.</summary>
    private static void Turn(ModelProto proto, Dictionary<string, TensorData> tensors)
    {
        NodeProto[] nodes = [.. proto.Graph.Node];
        proto.Graph.Node.Clear();
        foreach (NodeProto node in nodes)
        {
            if (node.OpType != "Gemm")
            {
                proto.Graph.Node.Add(node);
                continue;
            }

            string weight = node.Input[1];
            tensors[weight] = Transposed(tensors[weight]);
            TensorProto head = proto.Graph.Initializer.First(initializer => initializer.Name == weight);
            head.Dims.Clear();
            head.Dims.AddRange(tensors[weight].Shape);
            bool biased = node.Input.Count > 2;
            string product = biased ? node.Output[0] + ".product" : node.Output[0];
            proto.Graph.Node.Add(BareModels.Node("MatMul", [node.Input[0], weight], product));
            if (biased)
            {
                proto.Graph.Node.Add(BareModels.Node("Add", [node.Input[2], product], node.Output[0]));
            }
        }
    }

    /// <summary>Another order in which each node still follows those it reads from; initializers in any order.</summary>
    private static void Shuffle(GraphProto graph, Random random)
    {
        HashSet<string> made = [.. graph.Node.SelectMany(node => node.Output)];
        List<NodeProto> open = [.. graph.Node];
        graph.Node.Clear();
        while (open.Count > 0)
        {
            NodeProto[] ready = [.. open.Where(node => !node.Input.Any(made.Contains))];
            NodeProto next = ready[random.Next(ready.Length)];
            open.Remove(next);
            made.ExceptWith(next.Output);
            graph.Node.Add(next);
        }

        TensorProto[] initializers = [.. graph.Initializer];
        random.Shuffle(initializers);
        graph.Initializer.Clear();
        graph.Initializer.AddRange(initializers);
    }
}
