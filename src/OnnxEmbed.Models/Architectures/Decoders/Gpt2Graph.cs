using OnnxEmbed.Onnx.Building;

namespace OnnxEmbed.Models.Architectures.Decoders;

/// <summary>
/// GPT-2 (Radford et al. 2019, "Language Models are Unsupervised Multitask Learners") with the parameter names of Hugging Face's
/// <c>GPT2Model</c>: learned positions, layer normalisation before each block, weights stored [in, out].
/// </summary>
internal static class Gpt2Graph
{
    public const string TokenTable = "wte.weight";

    /// <summary>The hidden states after the last normalisation [N, H].</summary>
    public static Value Build(GraphBuilder graph, Gpt2Config config, EncoderInputs inputs, ParameterSource parameters)
    {
        Blocks blocks = new(graph, parameters, inputs);
        Value tokens = blocks.Embedding(TokenTable, config.VocabSize, config.HiddenSize, inputs.InputIds);

        // Counted within the text, so that padding at the left does not move it.
        Value positions = blocks.Embedding("wpe.weight", config.MaxPositionEmbeddings, config.HiddenSize, blocks.PositionsInText());
        Value x = blocks.Flatten(graph.Add(tokens, positions));
        Value mask = blocks.Mask(config.Attention, x.Type);
        for (int layer = 0; layer < config.NumHiddenLayers; layer++)
        {
            double scale = config.ScaleAttnWeights ? 1 / Math.Sqrt((double)config.HiddenSize / config.NumAttentionHeads) : 1;
            x = Layer(blocks, graph, config, x, mask, config.ScaleAttnByInverseLayerIdx ? scale / (layer + 1) : scale, $"h.{layer}");
        }

        return blocks.LayerNorm(x, "ln_f", config.LayerNormEpsilon);
    }

    private static Value Layer(Blocks blocks, GraphBuilder graph, Gpt2Config config, Value x, Value mask, double scale, string name)
    {
        int width = config.HiddenSize;
        Value input = blocks.LayerNorm(x, $"{name}.ln_1", config.LayerNormEpsilon);
        Value[] fused = graph.Split(blocks.Conv1D(input, $"{name}.attn.c_attn", 3 * width), 1, width, width, width);
        (int heads, int groups) = (config.NumAttentionHeads, config.NumAttentionHeads);
        Value context = blocks.Attention(fused[0], fused[1], fused[2], heads, groups, mask, scale: scale);
        x = graph.Add(x, blocks.Conv1D(context, $"{name}.attn.c_proj", width));
        input = blocks.LayerNorm(x, $"{name}.ln_2", config.LayerNormEpsilon);
        Value wide = blocks.Activation(config.HiddenAct, blocks.Conv1D(input, $"{name}.mlp.c_fc", config.IntermediateSize));
        return graph.Add(x, blocks.Conv1D(wide, $"{name}.mlp.c_proj", width));
    }
}
