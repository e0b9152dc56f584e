using OnnxEmbed.Onnx.Building;

namespace OnnxEmbed.Models.Architectures.Decoders;

/// <summary>
/// GPT-NeoX (Black et al. 2022, arXiv:2204.06745), Pythia among them, with the parameter names of Hugging Face's <c>GPTNeoXModel</c>:
/// rotary positions on a part of each head, one matrix whose rows are query, key and value of the first head, of the second and so on, and
/// attention and feed-forward block side by side.
/// </summary>
internal static class GptNeoXGraph
{
    public const string TokenTable = "embed_in.weight";

    /// <summary>The hidden states after the last normalisation [N, H].</summary>
    public static Value Build(GraphBuilder graph, GptNeoXConfig config, EncoderInputs inputs, ParameterSource parameters)
    {
        Blocks blocks = new(graph, parameters, inputs);
        Value x = blocks.Flatten(blocks.Embedding(TokenTable, config.VocabSize, config.HiddenSize, inputs.InputIds));
        Value mask = blocks.Mask(config.Attention, x.Type);
        RotaryFrequencies frequencies = RotaryFrequencies.Of(
            config.RotaryWidth, config.RotaryEmbBase, config.RopeScaling, config.MaxPositionEmbeddings);
        RotaryEmbedding rotary = new(graph, inputs, frequencies, x.Type);
        for (int layer = 0; layer < config.NumHiddenLayers; layer++)
        {
            x = Layer(blocks, graph, config, x, mask, rotary, $"layers.{layer}");
        }

        return blocks.LayerNorm(x, "final_layer_norm", config.LayerNormEps);
    }

    private static Value Layer(
        Blocks blocks, GraphBuilder graph, GptNeoXConfig config, Value x, Value mask, RotaryEmbedding rotary, string name)
    {
        (int hidden, int heads) = (config.HiddenSize, config.NumAttentionHeads);
        int width = hidden / heads;
        Value input = blocks.LayerNorm(x, $"{name}.input_layernorm", config.LayerNormEps);
        Value fused = blocks.Linear(input, $"{name}.attention.query_key_value", 3 * hidden, config.AttentionBias);
        Value[] parts = graph.Split(graph.Reshape(fused, -1, heads, 3 * width), 2, width, width, width);
        parts = Array.ConvertAll(parts, part => graph.Reshape(part, -1, hidden));
        Value context = blocks.Attention(parts[0], parts[1], parts[2], heads, heads, mask, rotary.Apply);
        Value attended = graph.Add(x, blocks.Linear(context, $"{name}.attention.dense", hidden, config.AttentionBias));
        input = blocks.LayerNorm(config.UseParallelResidual ? x : attended, $"{name}.post_attention_layernorm", config.LayerNormEps);
        Value wide = blocks.Linear(input, $"{name}.mlp.dense_h_to_4h", config.IntermediateSize, bias: true);
        wide = blocks.Activation(config.HiddenAct, wide);
        return graph.Add(attended, blocks.Linear(wide, $"{name}.mlp.dense_4h_to_h", hidden, bias: true));
    }
}
