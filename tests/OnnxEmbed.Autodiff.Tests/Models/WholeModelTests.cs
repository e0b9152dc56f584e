using OnnxEmbed.Models.Architectures;
using OnnxEmbed.Models.Packages;
using OnnxEmbed.Onnx.Building;
using OnnxEmbed.Tensors;
using OnnxEmbed.TestKit.Gradients;
using OnnxEmbed.TestKit.Models;

namespace OnnxEmbed.Autodiff.Tests.Models;

/// <summary>
/// Gradients of whole two-layer models against finite differences in double: all weights and low-rank factors, under a contrastive loss
/// over embeddings and cross entropy over tokens, at two sizes of the one dynamic graph, with padding.
/// </summary>
public class WholeModelTests(ITestOutputHelper output)
{
    /// <summary>A temperature of 0.05 and two softmaxes in a row bend the loss more than the functions of the tables.</summary>
    private const double Step = 1e-4;

    private static readonly long[][][] Batches =
    [
        [[3, 4, 5, 6, 7], [8, 9, 10], [1, 13, 11, 12], [2, 2]],
        [[5, 1, 9], [12, 4, 7], [3, 3, 3]],
    ];

    public static TheoryData<string, PoolingMode, bool> Encoders => new()
    {
        { "bert", PoolingMode.Mean, false },
        { "bert", PoolingMode.Cls, true },
        { "roberta", PoolingMode.WeightedMean, false },
        { "electra", PoolingMode.Mean, false },
        { "distilbert", PoolingMode.MeanSqrtLen, false },
        { "mpnet", PoolingMode.Max, false },
        { "modernbert", PoolingMode.Cls, false },
        { "llama", PoolingMode.Last, false },
        { "llama", PoolingMode.Mean, true },
        { "llama, all heads alike", PoolingMode.Mean, false },
        { "mistral", PoolingMode.Last, true },
        { "qwen2", PoolingMode.Last, true },
        { "qwen3", PoolingMode.Last, false },
        { "gemma2", PoolingMode.Last, false },
        { "gemma3_text", PoolingMode.Mean, false },
        { "phi3", PoolingMode.WeightedMean, false },
        { "gpt2", PoolingMode.Last, false },
        { "gpt_neox", PoolingMode.Mean, false },
    };

    public static TheoryData<string, bool> LanguageModels => new()
    {
        { "bert", false }, { "llama", false }, { "llama", true }, { "llama, tied head", false }, { "gemma2", false },
    };

    [Theory]
    [MemberData(nameof(Encoders))]
    public void Differentiate_ContrastiveLossOverEmbeddings_AgreesWithFiniteDifferences(string name, PoolingMode pooling, bool lowRank)
    {
        ModelConfig config = Config(name);
        GraphBuilder graph = new(name);
        Weights weights = new(graph, config, lowRank);
        EncoderInputs inputs = EncoderInputs.Declare(graph, config);
        Value hidden = EncoderGraph.Build(graph, config, inputs, weights.Source);
        Value states = SentenceVector.Unflatten(graph, hidden, inputs.AttentionMask);
        Value vectors = SentenceVector.Normalize(graph, SentenceVector.Pool(graph, states, inputs.AttentionMask, pooling));
        Check($"{name} {pooling}", graph, Contrastive(graph, vectors), weights, config, labels: false);
    }

    [Theory]
    [MemberData(nameof(LanguageModels))]
    public void Differentiate_CrossEntropyOverTokens_AgreesWithFiniteDifferences(string name, bool lowRank)
    {
        ModelConfig config = Config(name);
        GraphBuilder graph = new(name);
        Weights weights = new(graph, config, lowRank);
        EncoderInputs inputs = EncoderInputs.Declare(graph, config);
        Value labels = graph.Input("labels", ElementType.Int64, EncoderInputs.BatchAxis, EncoderInputs.SequenceAxis);
        Value hidden = EncoderGraph.Build(graph, config, inputs, weights.Source);
        Value logits = LanguageModelHead.Build(graph, config, hidden, weights.Source);
        Check(name, graph, CrossEntropy(graph, logits, labels), weights, config, labels: true);
    }

    private static ModelConfig Config(string name) => name switch
    {
        "bert" => TinyModels.Bert,
        "llama" => TinyModels.Llama,
        "llama, all heads alike" => TinyModels.Llama with { NumKeyValueHeads = 4, AttentionBias = true, MlpBias = true },
        "llama, tied head" => TinyModels.Llama with { TieWordEmbeddings = true },
        "roberta" or "electra" or "distilbert" or "mpnet" or "modernbert" => TinyModels.Encoder(name),
        _ => TinyModels.Decoder(name),
    };

    /// <summary>-1/B Σ ln softmax(cos(v, v)/0.05 without the diagonal)[next row]: each text's positive is the one after it.</summary>
    private static Value Contrastive(GraphBuilder g, Value vectors)
    {
        Value scores = g.Mul(g.MatMul(vectors, g.TransposeLast(vectors)), 1 / 0.05);
        Value size = g.Gather(g.Shape(vectors), g.Int64(0));
        Value rows = g.Node("Range", [g.Int64(0), size, g.Int64(1)]);
        Value itself = g.Equal(g.Unsqueeze(rows, 1), g.Unsqueeze(rows, 0));
        Value next = g.Unsqueeze(g.Node("Mod", [g.Add(rows, g.Int64(1)), size]), 1);
        Value logarithms = g.LogSoftmax(g.Where(itself, g.Scalar(-1e9, scores.Type), scores));
        return g.Neg(g.ReduceMean(g.Squeeze(g.GatherElements(logarithms, next, 1), 1), keepDims: false, 0));
    }

    /// <summary>Mean of -ln softmax(logits)[label] over the positions whose label is not negative.</summary>
    private static Value CrossEntropy(GraphBuilder g, Value logits, Value labels)
    {
        Value targets = g.Reshape(labels, -1);
        Value counts = g.GreaterOrEqual(targets, g.Int64(0));
        Value index = g.Unsqueeze(g.Where(counts, targets, g.Int64(0)), 1);
        Value picked = g.Squeeze(g.GatherElements(g.LogSoftmax(logits), index, 1), 1);
        Value weights = g.Cast(counts, logits.Type);
        return g.Neg(g.Div(g.ReduceSum(g.Mul(picked, weights), false, 0), g.ReduceSum(weights, false, 0)));
    }

    private void Check(string name, GraphBuilder graph, Value loss, Weights weights, ModelConfig config, bool labels)
    {
        using DifferentiatedGraph differentiated = new(graph, [loss], weights.Trainable);
        double worst = 0;
        foreach (long[][] rows in Batches)
        {
            Dictionary<string, TensorData> point = new(weights.Point);
            foreach ((string input, TensorData data) in TinyModels.Batch(config, rows))
            {
                point[input] = data;
            }

            if (labels)
            {
                TensorData ids = point[EncoderInputs.InputIdsName];
                long[] targets = Array.ConvertAll(ids.ToArray<long>(), id => id == 0 ? -100 : id * 5 % TinyModels.VocabularySize);
                point["labels"] = TensorData.From<long>(targets, [.. ids.Shape]);
            }

            worst = Math.Max(worst, GradientCheck.Run(differentiated, point, new Random(5), what: name, step: Step));
        }

        output.WriteLine(FormattableString.Invariant(
            $"{name}: {weights.Trainable.Count} parameters, {differentiated.GradientNodes.Count} nodes added, error {worst:G3}"));
    }

    /// <summary>
    /// Parameters as graph inputs. With low rank, a matrix of a linear layer is W + 2·B·A with W frozen and the factors trainable, as in a
    /// training step that merges the adapter first.
    /// </summary>
    private sealed class Weights
    {
        private const int Rank = 2;

        private readonly GraphBuilder _graph;
        private readonly TensorSource _numbers;
        private readonly bool _lowRank;
        private readonly Dictionary<string, Value> _made = [];

        public Weights(GraphBuilder graph, ModelConfig config, bool lowRank)
        {
            _graph = graph;
            _numbers = TinyModels.Weights(config);
            _lowRank = lowRank;
        }

        public List<Value> Trainable { get; } = [];

        public Dictionary<string, TensorData> Point { get; } = [];

        public Value Source(string name, long[] shape)
        {
            if (!_made.TryGetValue(name, out Value? value))
            {
                value = Add(name, shape);
                if (!_lowRank)
                {
                    Trainable.Add(value);
                }
                else if (shape.Length == 2
                    && (name.EndsWith("_proj.weight", StringComparison.Ordinal) || name.Contains("attention.self", StringComparison.Ordinal)))
                {
                    Value a = Add($"{name}.lora_A", [Rank, shape[1]]), b = Add($"{name}.lora_B", [shape[0], Rank]);
                    Trainable.AddRange([a, b]);
                    value = _graph.Gemm(b, a, value, alpha: 2);
                }

                _made.Add(name, value);
            }

            return value;
        }

        private Value Add(string name, long[] shape)
        {
            TensorData data = _numbers(name, shape);
            Point.Add(name, TensorData.From<double>(data.ToDoubles(), shape));

            // A graph in double from the start has also the architecture's and the rules' constants in double.
            return _graph.Input(name, ElementType.Float64, shape.Select(extent => (Dim)extent));
        }
    }
}
