using OnnxEmbed.Benchmarks.Shapes;
using OnnxEmbed.Models.Architectures;
using OnnxEmbed.Models.Architectures.Decoders;
using OnnxEmbed.Models.Packages;
using OnnxEmbed.Onnx;
using OnnxEmbed.Tensors;
using OnnxEmbed.Training.Graphs;
using OnnxEmbed.Training.Objectives;
using OnnxEmbed.Training.Stepping;

namespace OnnxEmbed.Benchmarks.Steps;

/// <summary>The training step of this project on the same shape, weights and batch as <see cref="TorchStep"/>.</summary>
internal static class OnnxStep
{
    /// <summary>Milliseconds of each step after the warm-up.</summary>
    public static double[] Measure(LlamaShape shape, bool lora, int threads, int steps, string? profilePrefix = null)
    {
        using Trainer trainer = Open(new LlamaWeights(shape, seed: 1), lora, new EngineOptions { Threads = threads, ProfilePrefix = profilePrefix });
        TrainingBatch batch = BatchOf(shape, LlamaWeights.Batch(shape, seed: 2));
        return StepTimes.Measure(steps, () => trainer.Step(batch, shape.LearningRate));
    }

    /// <summary>Loss and the gradient of each trained parameter for one batch.</summary>
    public static (double Loss, IReadOnlyDictionary<string, float[]> Gradients) Gradients(LlamaWeights weights, bool lora, long[] ids, int threads)
    {
        TrainingGraph graph = Graph(weights, lora);
        using Trainer trainer = new(graph, Optimizer(weights.Shape), new EngineOptions { Threads = threads });
        double loss = trainer.Differentiate(BatchOf(weights.Shape, ids));
        return (loss, graph.Trainable.ToDictionary(parameter => parameter.Name, parameter => trainer.Gradient(parameter.Name).ToArray()));
    }

    private static Trainer Open(LlamaWeights weights, bool lora, EngineOptions engine) =>
        new(Graph(weights, lora), Optimizer(weights.Shape), engine);

    private static AdamWOptions Optimizer(LlamaShape shape) => new() { MaxGradientNorm = shape.MaxGradientNorm };

    private static TrainingGraph Graph(LlamaWeights weights, bool lora)
    {
        LlamaShape shape = weights.Shape;
        LlamaConfig config = new()
        {
            VocabSize = shape.Vocabulary,
            HiddenSize = shape.Hidden,
            NumHiddenLayers = shape.Layers,
            NumAttentionHeads = shape.Heads,
            NumKeyValueHeads = shape.Heads,
            HeadDim = shape.HeadSize,
            IntermediateSize = shape.FeedForward,
            MaxPositionEmbeddings = shape.SequenceLength,
            HiddenAct = "silu",
            RmsNormEps = shape.Epsilon,
            RopeTheta = shape.RopeTheta,
            TieWordEmbeddings = true,
        };
        using OnnxModel model = EncoderGraph.Model(config, PoolingMode.Mean, normalize: true, (name, _) => Tensor(weights.Base[name])).Build();
        return TrainingGraph.Build(model.Proto, model.Tensors, "the benchmark's model", new TrainingGraphOptions
        {
            Loss = Losses.MultipleNegativesRanking,
            Temperature = shape.Temperature,
            Lora = lora ? new LoraOptions { Rank = shape.Rank, Alpha = shape.Alpha } : null,
            InitialFactors = lora ? weights.Adapter.ToDictionary(factor => factor.Key, factor => Tensor(factor.Value)) : null,
        });
    }

    private static TensorData Tensor((long[] Dimensions, float[] Values) weight) => TensorData.From<float>(weight.Values, weight.Dimensions);

    private static TrainingBatch BatchOf(LlamaShape shape, long[] ids)
    {
        long[] mask = new long[ids.Length];
        Array.Fill(mask, 1);
        return new TrainingBatch(shape.Sequences, shape.SequenceLength, ids, mask, Labels: null, ids.Length);
    }
}
