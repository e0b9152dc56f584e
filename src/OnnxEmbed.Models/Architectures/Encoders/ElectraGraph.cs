using OnnxEmbed.Onnx.Building;

namespace OnnxEmbed.Models.Architectures.Encoders;

/// <summary>
/// ELECTRA (Clark et al. 2020, arXiv:2003.10555) with the parameter names of Hugging Face's <c>ElectraModel</c>: BERT's layers on embeddings
/// that may be narrower.
/// </summary>
internal static class ElectraGraph
{
    public const string TokenTable = "embeddings.word_embeddings.weight";

    /// <summary>The last layer's hidden states [N, H].</summary>
    public static Value Build(GraphBuilder graph, ElectraConfig config, EncoderInputs inputs, ParameterSource parameters)
    {
        Blocks blocks = new(graph, parameters, inputs);
        int width = config.EmbeddingSize;
        Value tokens = blocks.Embedding(TokenTable, config.VocabSize, width, inputs.InputIds);
        Value positions = blocks.Embedding("embeddings.position_embeddings.weight", config.MaxPositionEmbeddings, width, blocks.Positions());
        Value types = blocks.Embedding("embeddings.token_type_embeddings.weight", config.TypeVocabSize, width, inputs.TokenTypeIds!);
        Value x = graph.Add(graph.Add(tokens, types), positions);
        x = blocks.Flatten(blocks.LayerNorm(x, "embeddings.LayerNorm", config.LayerNormEps));
        x = width == config.HiddenSize ? x : blocks.Linear(x, "embeddings_project", config.HiddenSize, bias: true);
        return BertGraph.Layers(blocks, graph, config, config.LayerNormEps, x);
    }
}
