using OnnxEmbed.Models.Architectures;
using OnnxEmbed.Models.Architectures.Decoders;
using OnnxEmbed.Models.Architectures.Encoders;
using OnnxEmbed.Models.Packages;
using OnnxEmbed.Tensors;

namespace OnnxEmbed.Models.Tests.Architectures;

/// <summary>Two-layer configs and weights that leave no term of the forward pass near zero.</summary>
internal static class TinyModels
{
    public static BertConfig Bert { get; } = new()
    {
        VocabSize = 14,
        HiddenSize = 8,
        NumHiddenLayers = 2,
        NumAttentionHeads = 2,
        IntermediateSize = 12,
        MaxPositionEmbeddings = 16,
        TypeVocabSize = 2,
        HiddenAct = "gelu",
        PadTokenId = 0,
    };

    public static LlamaConfig Llama { get; } = new()
    {
        VocabSize = 14,
        HiddenSize = 12,
        NumHiddenLayers = 2,
        NumAttentionHeads = 4,
        NumKeyValueHeads = 2,
        HeadDim = 4,
        IntermediateSize = 10,
        MaxPositionEmbeddings = 16,
        HiddenAct = "silu",
        PadTokenId = 0,
    };

    public static ModelConfig Of(string architecture) => architecture switch
    {
        "bert" => Bert,
        "llama" => Llama,
        "llama-bidirectional" => Llama with { Attention = AttentionKind.Bidirectional },
        "llama-mha" => Llama with { NumKeyValueHeads = 4, AttentionBias = true, MlpBias = true },
        "llama-mqa" => Llama with { NumKeyValueHeads = 1, HeadDim = 6 },
        _ => throw new ArgumentOutOfRangeException(nameof(architecture), architecture, "unknown"),
    };

    /// <summary>Normal weights of deviation 0.3; biases and scales are moved off 0 and 1 too.</summary>
    public static TensorSource Weights(ModelConfig config, ulong seed = 7)
    {
        TensorSource matrices = SeededWeights.For(config with { InitializerRange = 0.3, PadTokenId = null }, seed);
        return (name, shape) =>
        {
            float[] values = matrices(name, shape.Length == 1 ? [shape[0], 1] : shape).ToSingles();
            float offset = shape.Length == 1 && name.EndsWith(".weight", StringComparison.Ordinal) ? 1 : 0;
            return TensorData.From<float>(Array.ConvertAll(values, value => value + offset), shape);
        };
    }
}
