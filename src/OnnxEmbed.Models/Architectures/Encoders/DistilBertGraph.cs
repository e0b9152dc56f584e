using OnnxEmbed.Onnx.Building;

namespace OnnxEmbed.Models.Architectures.Encoders;

/// <summary>
/// DistilBERT (Sanh et al. 2019, arXiv:1910.01108) with the parameter names of Hugging Face's <c>DistilBertModel</c>: BERT without
/// segments.
/// </summary>
internal static class DistilBertGraph
{
    public const string TokenTable = "embeddings.word_embeddings.weight";

    /// <summary>ε of the layer normalisation, which is no field of the config.</summary>
    public const double LayerNormEps = 1e-12;

    /// <summary>The last layer's hidden states [N, H].</summary>
    public static Value Build(GraphBuilder graph, DistilBertConfig config, EncoderInputs inputs, ParameterSource parameters)
    {
        Blocks blocks = new(graph, parameters, inputs);
        Value tokens = blocks.Embedding(TokenTable, config.VocabSize, config.HiddenSize, inputs.InputIds);
        Value positions = blocks.Embedding(
            "embeddings.position_embeddings.weight", config.MaxPositionEmbeddings, config.HiddenSize, blocks.Positions());
        Value x = blocks.Flatten(blocks.LayerNorm(graph.Add(tokens, positions), "embeddings.LayerNorm", LayerNormEps));
        Value mask = blocks.PaddingMask(x.Type);
        for (int layer = 0; layer < config.NumHiddenLayers; layer++)
        {
            x = Layer(blocks, graph, config, x, mask, $"transformer.layer.{layer}");
        }

        return x;
    }

    private static Value Layer(Blocks blocks, GraphBuilder graph, DistilBertConfig config, Value x, Value mask, string name)
    {
        int width = config.HiddenSize;
        Value query = blocks.Linear(x, $"{name}.attention.q_lin", width, bias: true);
        Value key = blocks.Linear(x, $"{name}.attention.k_lin", width, bias: true);
        Value value = blocks.Linear(x, $"{name}.attention.v_lin", width, bias: true);
        Value context = blocks.Attention(query, key, value, config.NumAttentionHeads, config.NumAttentionHeads, mask);
        Value attended = blocks.Linear(context, $"{name}.attention.out_lin", width, bias: true);
        x = blocks.LayerNorm(graph.Add(attended, x), $"{name}.sa_layer_norm", LayerNormEps);
        Value wide = blocks.Activation(config.HiddenAct, blocks.Linear(x, $"{name}.ffn.lin1", config.IntermediateSize, bias: true));
        return blocks.LayerNorm(graph.Add(blocks.Linear(wide, $"{name}.ffn.lin2", width, bias: true), x), $"{name}.output_layer_norm", LayerNormEps);
    }
}
