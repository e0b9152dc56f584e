using OnnxEmbed.Onnx.Building;

namespace OnnxEmbed.Models.Architectures.Decoders;

/// <summary>
/// Phi-3 (Abdin et al. 2024, arXiv:2404.14219) with the parameter names of Hugging Face's <c>Phi3Model</c>: Llama whose queries, keys and
/// values are one matrix, gate and up another, and whose rotary positions may turn a part of a head.
/// </summary>
internal static class Phi3Graph
{
    public const string TokenTable = LlamaGraph.TokenTable;

    /// <summary>The hidden states after the last normalisation [N, H].</summary>
    public static Value Build(GraphBuilder graph, Phi3Config config, EncoderInputs inputs, ParameterSource parameters)
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
        Blocks blocks, GraphBuilder graph, Phi3Config config, Value x, Value mask, RotaryEmbedding rotary, string name)
    {
        (int heads, int groups) = (config.NumAttentionHeads, config.NumKeyValueHeads);
        (int queries, int keys, int wide) = (heads * config.HeadDim, groups * config.HeadDim, config.IntermediateSize);
        Value input = blocks.RmsNorm(x, $"{name}.input_layernorm", config.RmsNormEps);
        Value fused = blocks.Linear(input, $"{name}.self_attn.qkv_proj", queries + (2 * keys), bias: false);
        Value[] parts = graph.Split(fused, 1, queries, keys, keys);
        Value context = blocks.Attention(parts[0], parts[1], parts[2], heads, groups, mask, rotary.Apply);
        x = graph.Add(x, blocks.Linear(context, $"{name}.self_attn.o_proj", config.HiddenSize, bias: false));
        input = blocks.RmsNorm(x, $"{name}.post_attention_layernorm", config.RmsNormEps);
        Value[] gated = graph.Split(blocks.Linear(input, $"{name}.mlp.gate_up_proj", 2 * wide, bias: false), 1, wide, wide);
        Value product = graph.Mul(blocks.Activation(config.HiddenAct, gated[0]), gated[1]);
        return graph.Add(x, blocks.Linear(product, $"{name}.mlp.down_proj", config.HiddenSize, bias: false));
    }
}
