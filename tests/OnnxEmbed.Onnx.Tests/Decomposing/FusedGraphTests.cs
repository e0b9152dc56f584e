using Microsoft.ML.OnnxRuntime;
using OnnxEmbed.Models.Architectures;
using OnnxEmbed.Models.Architectures.Decoders;
using OnnxEmbed.Models.Packages;
using OnnxEmbed.Onnx.Building;
using OnnxEmbed.Onnx.Decomposing;
using OnnxEmbed.Tensors;
using OnnxEmbed.TestKit.Comparing;
using OnnxEmbed.TestKit.Exports;
using OnnxEmbed.TestKit.Files;
using OnnxEmbed.TestKit.Models;
using OnnxEmbed.TestKit.Running;

namespace OnnxEmbed.Onnx.Tests.Decomposing;

/// <summary>Whole graphs, fused by ONNX Runtime's own optimiser or written fused, taken apart again.</summary>
public class FusedGraphTests
{
    private static readonly Tolerance Close = new(1e-5, 1e-5);

    private static readonly LlamaConfig WideLlama = TinyModels.Llama with
    {
        HiddenSize = 32,
        NumAttentionHeads = 2,
        NumKeyValueHeads = 1,
        HeadDim = 16,
    };

    [Fact]
    public void Decompose_ExportedBertOptimizedByOnnxRuntime_ComputesTheSame()
    {
        using OnnxModel exported = new ExportedBert(TinyModels.Bert, TinyModels.Weights(TinyModels.Bert)).Build();
        Optimize(
            exported.ToBytes(),
            TinyModels.Bert,
            "com.microsoft.BiasGelu",
            "com.microsoft.FusedMatMul");
    }

    [Fact]
    public void Decompose_OldExportedBertOptimizedByOnnxRuntime_ComputesTheSame()
    {
        // LayerNormalization of ONNX's domain before opset 17 is what ONNX Runtime's optimiser writes there.
        using OnnxModel exported = new ExportedBert(TinyModels.Bert, TinyModels.Weights(TinyModels.Bert), opset: 14).Build();
        Optimize(
            exported.ToBytes(),
            TinyModels.Bert,
            "LayerNormalization",
            "com.microsoft.BiasGelu",
            "com.microsoft.FusedMatMul");
    }

    [Fact]
    public void Decompose_OurBertOptimizedByOnnxRuntime_ComputesTheSame() => Optimize(Ours(TinyModels.Bert), TinyModels.Bert, "com.microsoft.Gelu");

    [Fact]
    public void Decompose_OurLlamaOptimizedByOnnxRuntime_ComputesTheSame() =>
        Optimize(Ours(TinyModels.Llama), TinyModels.Llama, "SimplifiedLayerNormalization", "com.microsoft.QuickGelu");

    [Fact]
    public void Decompose_FusedBert_EqualsOurGraph()
    {
        TensorSource weights = TinyModels.Weights(TinyModels.Bert);
        using OnnxModel fused = new FusedBert(TinyModels.Bert, weights).Build();
        DecomposedGraph decomposed = Decomposer.Decompose(fused);
        CheckStandard(fused, decomposed);
        using OnnxModel plain = decomposed.ToModel();
        Compare(TinyModels.Bert, Ours(TinyModels.Bert), "last_hidden_state", plain.ToBytes(), "last_hidden_state");
        Compare(TinyModels.Bert, fused.ToBytes(), "last_hidden_state", plain.ToBytes(), "last_hidden_state");
    }

    [Fact]
    public void Decompose_FusedLlama_EqualsOurGraph()
    {
        TensorSource weights = TinyModels.Weights(WideLlama);
        using OnnxModel fused = new FusedLlama(WideLlama, weights).Build();
        DecomposedGraph decomposed = Decomposer.Decompose(fused);
        CheckStandard(fused, decomposed);
        using OnnxModel plain = decomposed.ToModel();
        Compare(WideLlama, EncoderGraph.Model(WideLlama, PoolingMode.Mean, normalize: true, weights).ToBytes(), "last_hidden_state", plain.ToBytes(), "hidden_states");
        Compare(WideLlama, fused.ToBytes(), "hidden_states", plain.ToBytes(), "hidden_states");
    }

    [Fact]
    public void Decompose_EmptyCaches_LeavesThemOut()
    {
        TensorSource weights = TinyModels.Weights(WideLlama);
        using OnnxModel fused = new FusedLlama(WideLlama, weights) { HasCache = true }.Build();
        HashSet<string> caches = [.. fused.Proto.Graph.Input.Select(input => input.Name).Where(name => name.StartsWith("past", StringComparison.Ordinal))];
        Assert.Equal(4, caches.Count);
        using OnnxModel plain = Decomposer.Decompose(fused, caches).ToModel();
        Assert.Equal(["input_ids", "attention_mask"], plain.Proto.Graph.Input.Select(input => input.Name));
        Compare(WideLlama, EncoderGraph.Model(WideLlama, PoolingMode.Mean, normalize: true, weights).ToBytes(), "last_hidden_state", plain.ToBytes(), "hidden_states");
    }

    private static byte[] Ours(ModelConfig config) => EncoderGraph.Model(config, PoolingMode.Mean, normalize: true, TinyModels.Weights(config)).ToBytes();

    private static void Optimize(byte[] model, ModelConfig config, params string[] fused)
    {
        using TemporaryDirectory directory = new();
        string path = directory["optimized.onnx"];
        using (SessionOptions options = new() { GraphOptimizationLevel = GraphOptimizationLevel.ORT_ENABLE_EXTENDED, OptimizedModelFilePath = path })
        {
            options.LogSeverityLevel = OrtLoggingLevel.ORT_LOGGING_LEVEL_ERROR;
            new InferenceSession(model, options).Dispose();
        }

        using OnnxModel optimized = OnnxModel.Load(path);
        DecomposedGraph decomposed = Decomposer.Decompose(optimized);
        Assert.Equal(string.Join(" ", fused.Order(StringComparer.Ordinal)), string.Join(" ", decomposed.Replaced.Keys));
        CheckStandard(optimized, decomposed);
        using OnnxModel plain = decomposed.ToModel();
        Dictionary<string, TensorData> batch = TinyModels.Batch(config, [2, 5, 7, 3], [2, 3], [2, 9, 8, 6, 5, 4, 3]);
        using OrtGraphRunner before = new(model, optimize: false), after = new(plain.ToBytes(), optimize: false);
        IReadOnlyDictionary<string, TensorData> expected = before.Run(batch), actual = after.Run(batch);
        Assert.All(expected, output => TensorAssert.Close(output.Value, actual[output.Key], Close, output.Key));
    }

    private static void CheckStandard(OnnxModel fused, DecomposedGraph decomposed)
    {
        using OnnxModel plain = decomposed.ToModel();
        Assert.All(plain.Proto.Graph.Node, node => Assert.Equal("", node.Domain));
        Assert.All(decomposed.Graph.Nodes, node => Assert.All(node.Outputs, output => Assert.True(output?.HasShape ?? true)));

        // What was not re-laid-out is the file's own memory, not a copy.
        Assert.All(plain.Tensors.Where(tensor => fused.Tensors.ContainsKey(tensor.Key)), tensor => Assert.Same(fused.Tensors[tensor.Key], tensor.Value));

        // A graph of standard operators goes through the strict builder, as training needs it.
        Assert.Equal(decomposed.Graph.Outputs.Count, GraphBuilder.From(plain).Outputs.Count);
    }

    // Hidden states of tokens; those of padding are not defined by the fused operators.
    private static void Compare(ModelConfig config, byte[] expected, string expectedOutput, byte[] actual, string actualOutput)
    {
        long[][] rows = [[2, 5, 7, 3], [2, 3], [2, 9, 8, 6, 5, 4, 3]];
        Dictionary<string, TensorData> batch = TinyModels.Batch(config, rows);
        using OrtGraphRunner before = new(expected, optimize: false), after = new(actual, optimize: false);
        double[] wanted = before.Run(batch)[expectedOutput].ToDoubles(), got = after.Run(batch)[actualOutput].ToDoubles();
        int width = config.HiddenSize;
        double[] Tokens(double[] all) => [.. rows.SelectMany((row, i) => all.Skip(i * 7 * width).Take(row.Length * width))];
        TensorAssert.Close(Tokens(wanted), Tokens(got), Close, "states of tokens");
    }
}
