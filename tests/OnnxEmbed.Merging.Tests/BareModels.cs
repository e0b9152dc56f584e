using OnnxEmbed.Merging.Reports;
using OnnxEmbed.Onnx;
using OnnxEmbed.Onnx.Schema;
using OnnxEmbed.Tensors;

namespace OnnxEmbed.Merging.Tests;

/// <summary>Bare models that hold given tensors; each tensor feeds one node, Identity unless another is named.</summary>
internal static class BareModels
{
    public static string Write(
        string path,
        IReadOnlyDictionary<string, TensorData> tensors,
        ExternalDataMode mode = ExternalDataMode.Auto,
        params IReadOnlyList<NodeProto> nodes)
    {
        GraphProto graph = new() { Name = "weights" };
        HashSet<string> used = [.. nodes.SelectMany(node => node.Input)];
        graph.Node.AddRange(nodes);
        foreach ((string name, TensorData tensor) in tensors)
        {
            TensorProto head = new() { Name = name, DataType = (int)tensor.ElementType };
            head.Dims.AddRange(tensor.Shape);
            graph.Initializer.Add(head);
            if (!used.Contains(name))
            {
                graph.Node.Add(Node("Identity", [name], name + ".out"));
            }
        }

        ModelProto model = new() { IrVersion = 8, Graph = graph };
        model.OpsetImport.Add(new OperatorSetIdProto { Domain = "", Version = 17 });
        using OnnxModel made = new(model, tensors);
        made.Save(path, new OnnxWriteOptions { ExternalData = mode });
        return path;
    }

    public static string Write(string path, string name, TensorData tensor) => Write(path, new Dictionary<string, TensorData> { [name] = tensor });

    public static string Write(string path, params float[] values) => Write(path, "w", TensorData.From<float>(values, values.Length));

    public static NodeProto Node(string type, string[] inputs, string output, string name = "")
    {
        NodeProto node = new() { OpType = type, Name = name };
        node.Input.AddRange(inputs);
        node.Output.Add(output);
        return node;
    }

    public static TensorData Read(string path, string name = "w")
    {
        using OnnxModel model = OnnxModel.Load(path);
        TensorData tensor = model.Tensors[name];
        return TensorData.FromBytes(tensor.ElementType, [.. tensor.Shape], tensor.Slice(0, (int)tensor.ByteLength).ToArray());
    }

    public static MergeOptions Slerp(string first, string second, string output, string t = "0.5") => new()
    {
        Method = MergeMethods.Slerp,
        Inputs = [new MergeInput(first), new MergeInput(second)],
        Output = output,
        Parameters = new Dictionary<string, string> { ["t"] = t },
        DegreeOfParallelism = 2,
    };

    public static MergeOptions Soup(string output, params string[] inputs) => new()
    {
        Method = MergeMethods.Linear,
        Inputs = [.. inputs.Select(input => new MergeInput(input))],
        Output = output,
        DegreeOfParallelism = 2,
    };

    /// <summary>Merges, and stops where the test run is stopped.</summary>
    public static MergeReport Run(MergeOptions options) => Merge.Run(options, cancellation: TestContext.Current.CancellationToken);

    /// <summary>Pseudo-random values in (-1, 1), the same for the same seed.</summary>
    public static float[] Values(int length, uint seed)
    {
        float[] values = new float[length];
        uint state = unchecked((seed * 2654435761u) + 12345);
        for (int i = 0; i < length; i++)
        {
            state = unchecked((state * 1664525u) + 1013904223u);
            values[i] = ((state >> 8) - 8388608f) / 8388608f;
        }

        return values;
    }
}
