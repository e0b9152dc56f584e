using OnnxEmbed.Onnx.Building;

namespace OnnxEmbed.Models.Architectures.Decoders;

/// <summary>
/// Gemma 2 (Gemma Team 2024, arXiv:2408.00118) and Gemma 3 (Gemma Team 2025, arXiv:2503.19786) with the parameter names of Hugging Face:
/// scaled embeddings, RMS normalisation by 1 + w before and after each block, layers that slide and layers that read everything,
/// soft-capped scores (2) or normalised heads and two bases of the rotary positions (3).
/// </summary>
internal static class GemmaGraph
{
    public const string TokenTable = LlamaGraph.TokenTable;

    /// <summary>The hidden states after the last normalisation [N, H].</summary>
    public static Value Build(GraphBuilder graph, GemmaConfig config, EncoderInputs inputs, ParameterSource parameters)
    {
        Blocks blocks = new(graph, parameters, inputs);
        Value x = blocks.Flatten(blocks.Embedding(TokenTable, config.VocabSize, config.HiddenSize, inputs.InputIds));

        // In the type of the activations. Weights of a bf16 checkpoint run in f32 here, so √H is not rounded to bf16.
        x = graph.Mul(x, Math.Sqrt(config.HiddenSize));
        LayerMasks masks = new(blocks, config, x.Type);
        RotaryEmbedding everywhere = new(graph, inputs, config.Frequencies(), x.Type);
        RotaryEmbedding? nearby = null;
        for (int layer = 0; layer < config.NumHiddenLayers; layer++)
        {
            bool slides = config.Slides(layer) && config.NormalizesHeads;
            nearby ??= slides ? new RotaryEmbedding(graph, inputs, config.LocalFrequencies(), x.Type, "rotary_local") : null;
            x = Layer(blocks, graph, config, x, masks.Of(layer), slides ? nearby! : everywhere, $"layers.{layer}");
        }

        return blocks.RmsNorm(x, "norm", config.RmsNormEps, offset: 1);
    }

    private static Value Layer(
        Blocks blocks, GraphBuilder graph, GemmaConfig config, Value x, Value mask, RotaryEmbedding rotary, string name)
    {
        (int heads, int groups, int width) = (config.NumAttentionHeads, config.NumKeyValueHeads, config.HeadDim);
        Value Norm(Value value, string module) => blocks.RmsNorm(value, $"{name}.{module}", config.RmsNormEps, offset: 1);
        Value input = Norm(x, "input_layernorm");
        Value query = blocks.Linear(input, $"{name}.self_attn.q_proj", heads * width, config.AttentionBias);
        Value key = blocks.Linear(input, $"{name}.self_attn.k_proj", groups * width, config.AttentionBias);
        Value value = blocks.Linear(input, $"{name}.self_attn.v_proj", groups * width, config.AttentionBias);
        if (config.NormalizesHeads)
        {
            query = blocks.HeadRmsNorm(query, $"{name}.self_attn.q_norm", width, config.RmsNormEps, offset: 1);
            key = blocks.HeadRmsNorm(key, $"{name}.self_attn.k_norm", width, config.RmsNormEps, offset: 1);
        }

        Value context = blocks.Attention(
            query, key, value, heads, groups, mask, rotary.Apply, 1 / Math.Sqrt(config.QueryPreAttnScalar), config.AttnLogitSoftcapping);
        Value attended = blocks.Linear(context, $"{name}.self_attn.o_proj", config.HiddenSize, config.AttentionBias);
        x = graph.Add(x, Norm(attended, "post_attention_layernorm"));
        input = Norm(x, "pre_feedforward_layernorm");
        Value narrow = blocks.GatedFeedForward(input, $"{name}.mlp", config.IntermediateSize, config.HiddenAct, bias: false);
        return graph.Add(x, Norm(narrow, "post_feedforward_layernorm"));
    }
}
