using OnnxEmbed.Onnx.Building;
using OnnxEmbed.Tensors;
using OnnxEmbed.TestKit.Running;

namespace OnnxEmbed.Onnx.Tests.Compression;

/// <summary>
/// A table [32, 16], two layers on one activation (one [24, 16] with bias, transposed; one [16, 24]) and a small vector, over ids [N].
/// </summary>
internal static class SmallGraph
{
    public static readonly long[] Ids = [0, 5, 31, 5, 17];

    public static GraphBuilder Build(float[] table, float[] transposed, float[] plain)
    {
        GraphBuilder g = new();
        Value ids = g.Input("ids", ElementType.Int64, "n");
        Value rows = g.Node("Gather", [g.Initializer("table", TensorData.From<float>(table, 32, 16)), ids]);
        Value bias = g.Initializer("bias", TensorData.From<float>(Numbers(24, 3), 24));
        Value a = g.Gemm(rows, g.Initializer("transposed", TensorData.From<float>(transposed, 24, 16)), bias, transB: true);
        Value b = g.Node("MatMul", [rows, g.Initializer("plain", TensorData.From<float>(plain, 16, 24))]);
        g.Output(g.Add(a, b), "y");
        return g;
    }

    public static float[] Numbers(int count, int seed)
    {
        Random random = new(seed);
        float[] values = new float[count];
        for (int i = 0; i < count; i++)
        {
            values[i] = (2 * random.NextSingle()) - 1;
        }

        return values;
    }

    public static float[] Run(byte[] model)
    {
        using OrtGraphRunner runner = new(model);
        return runner.Run(new Dictionary<string, TensorData> { ["ids"] = TensorData.From<long>(Ids, Ids.Length) })["y"].ToSingles();
    }
}
