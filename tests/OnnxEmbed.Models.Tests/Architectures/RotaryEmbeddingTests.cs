using OnnxEmbed.Models.Architectures;
using OnnxEmbed.Onnx.Building;
using OnnxEmbed.Tensors;
using OnnxEmbed.TestKit.Comparing;
using OnnxEmbed.TestKit.Running;

namespace OnnxEmbed.Models.Tests.Architectures;

public sealed class RotaryEmbeddingTests
{
    [Fact]
    public void Apply_ThousandsOfPositions_TurnsByTheAnglesRoundedToSingle()
    {
        const int Length = 9000;
        RotaryFrequencies frequencies = RotaryFrequencies.Of(8, 500);
        GraphBuilder graph = new();
        EncoderInputs inputs = new(
            graph.Input("input_ids", ElementType.Int64, "b", "s"), graph.Input("attention_mask", ElementType.Int64, "b", "s"), null);
        Value x = graph.Input("x", ElementType.Float32, "b", "s", 1, 8);
        graph.Output(new RotaryEmbedding(graph, inputs, frequencies, ElementType.Float32).Apply(x), "y");
        float[] ones = new float[Length * 8];
        ones.AsSpan().Fill(1);
        using OrtGraphRunner runner = new(graph.ToBytes());

        float[] turned = runner.Run(new Dictionary<string, TensorData>
        {
            ["input_ids"] = TensorData.From<long>(new long[Length], 1, Length),
            ["attention_mask"] = TensorData.From<long>(new long[Length], 1, Length),
            ["x"] = TensorData.From<float>(ones, 1, Length, 1, 8),
        })["y"].ToArray<float>();

        double[] expected = new double[turned.Length];
        for (int position = 0; position < Length; position++)
        {
            for (int i = 0; i < 4; i++)
            {
                (double sin, double cos) = Math.SinCos(position * frequencies.Inverse[i]);
                (expected[(position * 8) + i], expected[(position * 8) + 4 + i]) = (cos - sin, cos + sin);
            }
        }

        TensorAssert.Close(expected, Array.ConvertAll(turned, value => (double)value), new Tolerance(1e-6, 1e-6));
    }

    [Fact]
    public void Of_WidthAndBase_ArePowersOfTheBase()
    {
        float[] inverse = RotaryFrequencies.Of(8, 10000).Inverse;

        TensorAssert.Close([1, 0.1, 0.01, 0.001], Array.ConvertAll(inverse, value => (double)value), new Tolerance(0, 2e-7));
    }
}
