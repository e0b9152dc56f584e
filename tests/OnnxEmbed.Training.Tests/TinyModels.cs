using OnnxEmbed.Models.Architectures;
using OnnxEmbed.Models.Architectures.Decoders;
using OnnxEmbed.Models.Architectures.Encoders;
using OnnxEmbed.Models.Packages;
using OnnxEmbed.Onnx.Building;
using OnnxEmbed.Onnx.Schema;
using OnnxEmbed.Tensors;
using OnnxEmbed.Training.Batching;
using OnnxEmbed.Training.Graphs;
using OnnxEmbed.Training.Objectives;
using OnnxEmbed.Training.Stepping;

namespace OnnxEmbed.Training.Tests;

/// <summary>Models of two layers and batches of random tokens, made in code.</summary>
internal static class TinyModels
{
    public const int Vocabulary = 14;

    public static LlamaConfig Llama { get; } = new()
    {
        VocabSize = Vocabulary,
        HiddenSize = 16,
        NumHiddenLayers = 2,
        NumAttentionHeads = 4,
        NumKeyValueHeads = 2,
        HeadDim = 4,
        IntermediateSize = 24,
        MaxPositionEmbeddings = 32,
        HiddenAct = "silu",
        InitializerRange = 0.3,
        PadTokenId = 0,
        TieWordEmbeddings = true,
    };

    public static BertConfig Bert { get; } = new()
    {
        VocabSize = Vocabulary,
        HiddenSize = 16,
        NumHiddenLayers = 2,
        NumAttentionHeads = 4,
        IntermediateSize = 24,
        MaxPositionEmbeddings = 32,
        HiddenAct = "gelu",
        InitializerRange = 0.3,
        PadTokenId = 0,
    };

    public static (ModelProto Model, IReadOnlyDictionary<string, TensorData> Tensors) Model(ModelConfig config) =>
        EncoderGraph.Model(config, PoolingMode.Mean, normalize: true, SeededWeights.For(config, 7)).ToModel();

    public static TrainingGraph Graph(ModelConfig config, Loss loss, LoraOptions? lora = null, int columns = 2, ulong seed = 3)
    {
        (ModelProto model, IReadOnlyDictionary<string, TensorData> tensors) = Model(config);
        return TrainingGraph.Build(model, tensors, "tiny", new TrainingGraphOptions
        {
            Loss = loss,
            Lora = lora,
            Columns = columns,
            Seed = seed,
            Head = loss.Kind == LossKind.Tokens ? (graph, hidden) => Head(graph, hidden, config) : null,
        });
    }

    public static TrainingBatch Batch(LossKind kind, int rows = 6, int columns = 8, ulong seed = 1)
    {
        CounterRandom random = new(seed, "batch");
        long[] ids = new long[rows * columns];
        long[] mask = new long[rows * columns];
        for (int i = 0; i < ids.Length; i++)
        {
            bool isToken = i % columns < columns - (i / columns % 3);
            ids[i] = isToken ? 1 + random.NextBelow(Vocabulary - 1) : 0;
            mask[i] = isToken ? 1 : 0;
        }

        long[]? labels = kind switch
        {
            LossKind.Tokens => [.. Enumerable.Range(0, ids.Length)
                .Select(i => mask[i] == 0 ? -100 : ids[(i / columns * columns) + ((i + 1) % columns)])],
            LossKind.Labels => [.. Enumerable.Range(0, rows).Select(row => (long)(row % 2))],
            _ => null,
        };
        return new TrainingBatch(rows, columns, ids, mask, labels, mask.Sum());
    }

    private static Value Head(GraphBuilder graph, Value hidden, ModelConfig config) =>
        LanguageModelHead.Build(graph, config, hidden, ParameterSources.Initializers(graph, SeededWeights.For(config, 8)));
}
