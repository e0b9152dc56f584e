using OnnxEmbed.Models.Packages;
using OnnxEmbed.Onnx.Building;

namespace OnnxEmbed.Models.Architectures.Encoders;

/// <summary>
/// BERT (Devlin et al. 2019, arXiv:1810.04805) with the parameter names of Hugging Face's <c>BertModel</c>: learned positions, layer
/// normalisation after each residual, GELU. The pooler is left out: no embedding uses it.
/// </summary>
internal static class BertGraph
{
    public const string TokenTable = "embeddings.word_embeddings.weight";

    /// <summary>The last layer's hidden states [N, H].</summary>
    public static Value Build(GraphBuilder graph, BertConfig config, EncoderInputs inputs, ParameterSource parameters)
    {
        Blocks blocks = new(graph, parameters, inputs);
        Value tokens = blocks.Embedding(TokenTable, config.VocabSize, config.HiddenSize, inputs.InputIds);
        Value positions = blocks.Embedding(
            "embeddings.position_embeddings.weight", config.MaxPositionEmbeddings, config.HiddenSize, blocks.Positions());
        Value types = blocks.Embedding(
            "embeddings.token_type_embeddings.weight", config.TypeVocabSize, config.HiddenSize, inputs.TokenTypeIds!);
        Value x = graph.Add(graph.Add(tokens, types), positions);
        x = blocks.Flatten(blocks.LayerNorm(x, "embeddings.LayerNorm", config.LayerNormEps));
        return Layers(blocks, graph, config, config.LayerNormEps, x);
    }

    /// <summary>BERT's layers on embeddings [N, H], which RoBERTa and ELECTRA share.</summary>
    public static Value Layers(Blocks blocks, GraphBuilder graph, ModelConfig config, double epsilon, Value x)
    {
        Value mask = blocks.PaddingMask(x.Type);
        for (int layer = 0; layer < config.NumHiddenLayers; layer++)
        {
            x = Layer(blocks, graph, config, epsilon, x, mask, $"encoder.layer.{layer}");
        }

        return x;
    }

    private static Value Layer(
        Blocks blocks, GraphBuilder graph, ModelConfig config, double epsilon, Value x, Value mask, string name)
    {
        Value query = blocks.Linear(x, $"{name}.attention.self.query", config.HiddenSize, bias: true);
        Value key = blocks.Linear(x, $"{name}.attention.self.key", config.HiddenSize, bias: true);
        Value value = blocks.Linear(x, $"{name}.attention.self.value", config.HiddenSize, bias: true);
        Value context = blocks.Attention(query, key, value, config.NumAttentionHeads, config.NumAttentionHeads, mask);
        Value attended = blocks.Linear(context, $"{name}.attention.output.dense", config.HiddenSize, bias: true);
        x = blocks.LayerNorm(graph.Add(attended, x), $"{name}.attention.output.LayerNorm", epsilon);
        Value wide = blocks.Linear(x, $"{name}.intermediate.dense", config.IntermediateSize, bias: true);
        wide = blocks.Activation(config.HiddenAct, wide);
        Value narrow = blocks.Linear(wide, $"{name}.output.dense", config.HiddenSize, bias: true);
        return blocks.LayerNorm(graph.Add(narrow, x), $"{name}.output.LayerNorm", epsilon);
    }
}
