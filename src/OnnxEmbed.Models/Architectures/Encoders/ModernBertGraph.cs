using OnnxEmbed.Models.Packages;
using OnnxEmbed.Onnx.Building;
using OnnxEmbed.Tensors;

namespace OnnxEmbed.Models.Architectures.Encoders;

/// <summary>
/// ModernBERT (Warner et al. 2024, arXiv:2412.13663) with the parameter names of Hugging Face's <c>ModernBertModel</c>: normalisation before
/// each block (the first attention has the embeddings' own), rotary positions, GeGLU, and attention that reads the whole text in one layer
/// of three and a window in the others, with wavelengths of their own.
/// </summary>
internal static class ModernBertGraph
{
    public const string TokenTable = "embeddings.tok_embeddings.weight";

    /// <summary>The hidden states after the last normalisation [N, H].</summary>
    public static Value Build(GraphBuilder graph, ModernBertConfig config, EncoderInputs inputs, ParameterSource parameters)
    {
        Blocks blocks = new(graph, parameters, inputs);
        Value x = blocks.Flatten(blocks.Embedding(TokenTable, config.VocabSize, config.HiddenSize, inputs.InputIds));
        x = blocks.LayerNorm(x, "embeddings.norm", config.NormEps, config.NormBias);
        ElementType type = x.Type;
        Value global = blocks.Mask(AttentionKind.Bidirectional, type);
        Value local = blocks.Mask(AttentionKind.Bidirectional, type, (config.LocalAttention / 2) + 1);
        int width = config.HiddenSize / config.NumAttentionHeads;
        RotaryEmbedding Rotary(double theta, string name) => new(graph, inputs, RotaryFrequencies.Of(width, theta), type, name);
        RotaryEmbedding far = Rotary(config.GlobalRopeTheta, "rotary_global");
        RotaryEmbedding near = Rotary(config.LocalRopeTheta, "rotary_local");
        for (int layer = 0; layer < config.NumHiddenLayers; layer++)
        {
            x = config.IsGlobal(layer)
                ? Layer(blocks, graph, config, x, global, far, layer)
                : Layer(blocks, graph, config, x, local, near, layer);
        }

        return blocks.LayerNorm(x, "final_norm", config.NormEps, config.NormBias);
    }

    private static Value Layer(
        Blocks blocks, GraphBuilder graph, ModernBertConfig config, Value x, Value mask, RotaryEmbedding rotary, int layer)
    {
        int width = config.HiddenSize;
        string name = $"layers.{layer}";
        Value input = layer == 0 ? x : blocks.LayerNorm(x, $"{name}.attn_norm", config.NormEps, config.NormBias);
        Value[] qkv = graph.Split(blocks.Linear(input, $"{name}.attn.Wqkv", 3 * width, config.AttentionBias), -1, width, width, width);
        Value context = blocks.Attention(qkv[0], qkv[1], qkv[2], config.NumAttentionHeads, config.NumAttentionHeads, mask, rotary.Apply);
        x = graph.Add(x, blocks.Linear(context, $"{name}.attn.Wo", width, config.AttentionBias));
        input = blocks.LayerNorm(x, $"{name}.mlp_norm", config.NormEps, config.NormBias);
        int wide = config.IntermediateSize;
        Value[] halves = graph.Split(blocks.Linear(input, $"{name}.mlp.Wi", 2 * wide, config.MlpBias), -1, wide, wide);
        Value gated = graph.Mul(blocks.Activation(config.HiddenAct, halves[0]), halves[1]);
        return graph.Add(x, blocks.Linear(gated, $"{name}.mlp.Wo", width, config.MlpBias));
    }
}
