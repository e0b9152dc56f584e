using OnnxEmbed.Onnx;
using OnnxEmbed.Onnx.Schema;
using OnnxEmbed.Tensors;

namespace OnnxEmbed.Benchmarks.Files;

/// <summary>Model files with weights and next to no graph, made for the test.</summary>
internal static class WeightFiles
{
    /// <summary>Names and shapes of BERT-base without its head: 109.5 M parameters.</summary>
    public static IReadOnlyList<(string Name, long[] Shape)> BertBase { get; } = Bert(layers: 12, hidden: 768, vocabulary: 30522);

    /// <summary>As many parameters in f32 as fill 4 GB, in tensors of at most 268 MB.</summary>
    public static IReadOnlyList<(string Name, long[] Shape)> FourGigabytes { get; } = Bert(layers: 74, hidden: 1024, vocabulary: 65536);

    public static long BytesOf(IReadOnlyList<(string Name, long[] Shape)> tensors) => tensors.Sum(tensor => TensorData.CountElements(tensor.Shape) * sizeof(float));

    /// <summary>
    /// Writes a model. Models of different <paramref name="seed"/> are like fine-tunes of one another: equal but for changes of a tenth of the
    /// weights' size.
    /// </summary>
    public static void Write(string path, IReadOnlyList<(string Name, long[] Shape)> tensors, uint seed)
    {
        // One block of values serves all tensors, each taking as many as it needs: memory for the largest, whatever the size of the file.
        byte[] values = new byte[tensors.Max(tensor => TensorData.CountElements(tensor.Shape)) * sizeof(float)];
        Fill(System.Runtime.InteropServices.MemoryMarshal.Cast<byte, float>(values.AsSpan()), seed);
        GraphProto graph = new() { Name = "weights" };
        Dictionary<string, TensorData> data = new(StringComparer.Ordinal);
        foreach ((string name, long[] shape) in tensors)
        {
            TensorProto head = new() { Name = name, DataType = (int)ElementType.Float32 };
            head.Dims.AddRange(shape);
            graph.Initializer.Add(head);
            graph.Node.Add(new NodeProto { OpType = "Identity", Input = { name }, Output = { name + ".out" } });
            int bytes = (int)(TensorData.CountElements(shape) * sizeof(float));
            data.Add(name, TensorData.FromBytes(ElementType.Float32, shape, values.AsMemory(0, bytes)));
        }

        ModelProto model = new() { IrVersion = 8, Graph = graph };
        model.OpsetImport.Add(new OperatorSetIdProto { Domain = "", Version = 17 });
        using OnnxModel made = new(model, data);
        made.Save(path);
    }

    private static List<(string Name, long[] Shape)> Bert(int layers, int hidden, int vocabulary)
    {
        List<(string Name, long[] Shape)> tensors =
        [
            ("embeddings.word_embeddings.weight", [vocabulary, hidden]),
            ("embeddings.position_embeddings.weight", [512, hidden]),
            ("embeddings.token_type_embeddings.weight", [2, hidden]),
            ("embeddings.LayerNorm.weight", [hidden]),
            ("embeddings.LayerNorm.bias", [hidden]),
        ];
        for (int layer = 0; layer < layers; layer++)
        {
            foreach ((string part, int rows, int columns) in ((string, int, int)[])
            [
                ("attention.self.query", hidden, hidden),
                ("attention.self.key", hidden, hidden),
                ("attention.self.value", hidden, hidden),
                ("attention.output.dense", hidden, hidden),
                ("intermediate.dense", 4 * hidden, hidden),
                ("output.dense", hidden, 4 * hidden),
            ])
            {
                tensors.Add(($"encoder.layer.{layer}.{part}.weight", [rows, columns]));
                tensors.Add(($"encoder.layer.{layer}.{part}.bias", [rows]));
            }

            foreach (string norm in (string[])["attention.output.LayerNorm", "output.LayerNorm"])
            {
                tensors.Add(($"encoder.layer.{layer}.{norm}.weight", [hidden]));
                tensors.Add(($"encoder.layer.{layer}.{norm}.bias", [hidden]));
            }
        }

        tensors.Add(("pooler.dense.weight", [hidden, hidden]));
        tensors.Add(("pooler.dense.bias", [hidden]));
        return tensors;
    }

    private static void Fill(Span<float> values, uint seed)
    {
        uint common = 12345;
        uint own = unchecked((seed * 2654435761u) + 1);
        for (int i = 0; i < values.Length; i++)
        {
            common = unchecked((common * 1664525u) + 1013904223u);
            own = unchecked((own * 1664525u) + 1013904223u);
            values[i] = (unchecked((int)common) * (0.05f / int.MaxValue)) + (unchecked((int)own) * (0.005f / int.MaxValue));
        }
    }
}
