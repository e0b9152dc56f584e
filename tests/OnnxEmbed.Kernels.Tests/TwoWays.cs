using Microsoft.ML.OnnxRuntime;
using OnnxEmbed.Kernels.Products;
using OnnxEmbed.Kernels.Rewriting;
using OnnxEmbed.Onnx.Building;
using OnnxEmbed.Onnx.Schema;
using OnnxEmbed.Tensors;
using OnnxEmbed.TestKit.Comparing;
using OnnxEmbed.TestKit.Running;

namespace OnnxEmbed.Kernels.Tests;

/// <summary>One graph run on ONNX Runtime's own kernels, in double where it can, and on ours.</summary>
internal static class TwoWays
{
    /// <summary>Numbers in [-1, 1) that depend on the seed alone.</summary>
    public static TensorData Random(int seed, params long[] shape)
    {
        Random random = new(seed);
        float[] values = new float[TensorData.CountElements(shape)];
        for (int i = 0; i < values.Length; i++)
        {
            values[i] = (2 * random.NextSingle()) - 1;
        }

        return TensorData.From<float>(values, shape);
    }

    /// <summary>Names of the operators of a graph after it was rewritten onto our kernels.</summary>
    public static string[] Operators(GraphBuilder graph)
    {
        ModelProto model = ModelProto.Parser.ParseFrom(KernelRewrite.Apply(graph.ToBytes()));
        return [.. model.Graph.Node.Select(node => node.Domain.Length == 0 ? node.OpType : $"{node.Domain}.{node.OpType}")];
    }

    /// <summary>Runs the graph on our kernels.</summary>
    public static IReadOnlyDictionary<string, TensorData> Ours(GraphBuilder graph, IReadOnlyDictionary<string, TensorData> inputs, int threads = 1)
    {
        using SessionOptions options = new() { IntraOpNumThreads = threads, InterOpNumThreads = 1, LogSeverityLevel = OrtLoggingLevel.ORT_LOGGING_LEVEL_FATAL };
        using InferenceSession session = KernelOperators.Open(graph.ToBytes(), options);
        Dictionary<string, OrtValue> values = inputs.ToDictionary(
            input => input.Key,
            input => input.Value.ElementType == ElementType.Int64
                ? OrtValue.CreateTensorValueFromMemory(input.Value.ToArray<long>(), [.. input.Value.Shape])
                : OrtValue.CreateTensorValueFromMemory(input.Value.ToSingles(), [.. input.Value.Shape]));
        try
        {
            using RunOptions run = new();
            using IDisposableReadOnlyCollection<OrtValue> results = session.Run(run, values, session.OutputNames);
            return session.OutputNames.Zip(results).ToDictionary(
                pair => pair.First,
                pair => TensorData.From(pair.Second.GetTensorDataAsSpan<float>(), pair.Second.GetTensorTypeAndShape().Shape));
        }
        finally
        {
            foreach (OrtValue value in values.Values)
            {
                value.Dispose();
            }
        }
    }

    /// <summary>Demands that both agree within a share of the largest number of an output, or an absolute difference where terms cancel, and that threads change no bit of ours
    /// (products run on ONNX Runtime's kernels, which promise no such thing, where the processor lacks AVX-512).</summary>
    public static void Agree(GraphBuilder graph, IReadOnlyDictionary<string, TensorData> inputs, double tolerance = 2e-6, double absolute = 1e-30)
    {
        using OrtGraphRunner runner = new(graph.ToBytes());
        IReadOnlyDictionary<string, TensorData> expected = runner.Run(inputs);
        IReadOnlyDictionary<string, TensorData> actual = Ours(graph, inputs);
        foreach ((string name, TensorData value) in expected)
        {
            double size = value.ToDoubles().Select(Math.Abs).DefaultIfEmpty(0).Max();
            TensorAssert.Close(value, actual[name], new Tolerance((tolerance * size) + absolute, 0), name);
        }

        foreach (int threads in Product.IsSupported ? (int[])[2, 3] : [])
        {
            foreach ((string name, TensorData value) in Ours(graph, inputs, threads))
            {
                Assert.Equal(actual[name].ToSingles(), value.ToSingles());
            }
        }
    }
}
