using OnnxEmbed.Onnx.Building;

namespace OnnxEmbed.Models.Architectures.Decoders;

/// <summary>
/// Llama (Touvron et al. 2023, arXiv:2302.13971) with the parameter names of Hugging Face's <c>LlamaModel</c>: RMS normalisation before
/// each block, rotary positions, grouped-query attention over the past, SwiGLU.
/// </summary>
internal static class LlamaGraph
{
    public const string TokenTable = "embed_tokens.weight";

    /// <summary>The hidden states after the last normalisation [N, H].</summary>
    public static Value Build(GraphBuilder graph, LlamaConfig config, EncoderInputs inputs, ParameterSource parameters)
    {
        Blocks blocks = new(graph, parameters, inputs);
        Value x = blocks.Flatten(blocks.Embedding(TokenTable, config.VocabSize, config.HiddenSize, inputs.InputIds));
        Value mask = blocks.Mask(config.Attention, x.Type);
        RotaryEmbedding rotary = new(graph, inputs.InputIds, config.MaxPositionEmbeddings, config.HeadDim, config.RopeTheta, x.Type);
        for (int layer = 0; layer < config.NumHiddenLayers; layer++)
        {
            x = Layer(blocks, graph, config, x, mask, rotary, $"layers.{layer}");
        }

        return blocks.RmsNorm(x, "norm", config.RmsNormEps);
    }

    private static Value Layer(
        Blocks blocks, GraphBuilder graph, LlamaConfig config, Value x, Value mask, RotaryEmbedding rotary, string name)
    {
        int queryWidth = config.NumAttentionHeads * config.HeadDim;
        int groupWidth = config.NumKeyValueHeads * config.HeadDim;
        Value input = blocks.RmsNorm(x, $"{name}.input_layernorm", config.RmsNormEps);
        Value query = blocks.Linear(input, $"{name}.self_attn.q_proj", queryWidth, config.AttentionBias);
        Value key = blocks.Linear(input, $"{name}.self_attn.k_proj", groupWidth, config.AttentionBias);
        Value value = blocks.Linear(input, $"{name}.self_attn.v_proj", groupWidth, config.AttentionBias);
        Value context = blocks.Attention(query, key, value, config.NumAttentionHeads, config.NumKeyValueHeads, mask, rotary.Apply);
        x = graph.Add(x, blocks.Linear(context, $"{name}.self_attn.o_proj", config.HiddenSize, config.AttentionBias));
        input = blocks.RmsNorm(x, $"{name}.post_attention_layernorm", config.RmsNormEps);
        Value gate = blocks.Activation(config.HiddenAct, blocks.Linear(input, $"{name}.mlp.gate_proj", config.IntermediateSize, config.MlpBias));
        Value up = blocks.Linear(input, $"{name}.mlp.up_proj", config.IntermediateSize, config.MlpBias);
        return graph.Add(x, blocks.Linear(graph.Mul(gate, up), $"{name}.mlp.down_proj", config.HiddenSize, config.MlpBias));
    }
}
