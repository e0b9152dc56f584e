using OnnxEmbed.Onnx.Building;

namespace OnnxEmbed.Models.Architectures.Decoders;

/// <summary>
/// Llama (Touvron et al. 2023, arXiv:2302.13971), Mistral (Jiang et al. 2023, arXiv:2310.06825), Qwen2 (Yang et al. 2024, arXiv:2407.10671)
/// and Qwen3 (Yang et al. 2025, arXiv:2505.09388) with the parameter names of Hugging Face: RMS normalisation before each block, rotary
/// positions, grouped-query attention, SwiGLU. They differ in windows, biases and the normalisation of heads, which the config tells.
/// </summary>
internal static class LlamaGraph
{
    public const string TokenTable = "embed_tokens.weight";

    /// <summary>The hidden states after the last normalisation [N, H].</summary>
    public static Value Build(GraphBuilder graph, GroupedQueryConfig config, EncoderInputs inputs, ParameterSource parameters)
    {
        Blocks blocks = new(graph, parameters, inputs);
        Value x = blocks.Flatten(blocks.Embedding(TokenTable, config.VocabSize, config.HiddenSize, inputs.InputIds));
        LayerMasks masks = new(blocks, config, x.Type);
        RotaryEmbedding rotary = new(graph, inputs, config.Frequencies(), x.Type);
        for (int layer = 0; layer < config.NumHiddenLayers; layer++)
        {
            x = Layer(blocks, graph, config, x, masks.Of(layer), rotary, $"layers.{layer}");
        }

        return blocks.RmsNorm(x, "norm", config.RmsNormEps);
    }

    private static Value Layer(
        Blocks blocks, GraphBuilder graph, GroupedQueryConfig config, Value x, Value mask, RotaryEmbedding rotary, string name)
    {
        (int heads, int groups, int width) = (config.NumAttentionHeads, config.NumKeyValueHeads, config.HeadDim);
        Value input = blocks.RmsNorm(x, $"{name}.input_layernorm", config.RmsNormEps);
        Value query = blocks.Linear(input, $"{name}.self_attn.q_proj", heads * width, config.HasInputBias);
        Value key = blocks.Linear(input, $"{name}.self_attn.k_proj", groups * width, config.HasInputBias);
        Value value = blocks.Linear(input, $"{name}.self_attn.v_proj", groups * width, config.HasInputBias);
        if (config.NormalizesHeads)
        {
            query = blocks.HeadRmsNorm(query, $"{name}.self_attn.q_norm", width, config.RmsNormEps);
            key = blocks.HeadRmsNorm(key, $"{name}.self_attn.k_norm", width, config.RmsNormEps);
        }

        Value context = blocks.Attention(query, key, value, heads, groups, mask, rotary.Apply);
        x = graph.Add(x, blocks.Linear(context, $"{name}.self_attn.o_proj", config.HiddenSize, config.HasOutputBias));
        input = blocks.RmsNorm(x, $"{name}.post_attention_layernorm", config.RmsNormEps);
        bool bias = config.HasFeedForwardBias;
        return graph.Add(x, blocks.GatedFeedForward(input, $"{name}.mlp", config.IntermediateSize, config.HiddenAct, bias));
    }
}
