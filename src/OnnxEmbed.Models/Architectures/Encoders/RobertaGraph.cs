using OnnxEmbed.Onnx.Building;

namespace OnnxEmbed.Models.Architectures.Encoders;

/// <summary>
/// RoBERTa (Liu et al. 2019, arXiv:1907.11692), XLM-RoBERTa (Conneau et al. 2020, arXiv:1911.02116) and CamemBERT (Martin et al. 2020,
/// arXiv:1911.03894) with the parameter names of Hugging Face: BERT's layers, positions that count from behind the padding id, and one
/// segment.
/// </summary>
internal static class RobertaGraph
{
    public const string TokenTable = "embeddings.word_embeddings.weight";

    /// <summary>The last layer's hidden states [N, H].</summary>
    public static Value Build(GraphBuilder graph, RobertaConfig config, EncoderInputs inputs, ParameterSource parameters)
    {
        Blocks blocks = new(graph, parameters, inputs);
        int width = config.HiddenSize;
        Value tokens = blocks.Embedding(TokenTable, config.VocabSize, width, inputs.InputIds);
        Value positions = blocks.Embedding(
            "embeddings.position_embeddings.weight", config.MaxPositionEmbeddings, width, blocks.PositionsAfter(config.Pad));
        Value segment = blocks.Embedding("embeddings.token_type_embeddings.weight", config.TypeVocabSize, width, graph.Int64(0));
        Value x = graph.Add(graph.Add(tokens, segment), positions);
        x = blocks.Flatten(blocks.LayerNorm(x, "embeddings.LayerNorm", config.LayerNormEps));
        return BertGraph.Layers(blocks, graph, config, config.LayerNormEps, x);
    }
}
