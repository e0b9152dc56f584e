using OnnxEmbed.Models.Architectures.Decoders;
using OnnxEmbed.Models.Architectures.Encoders;
using OnnxEmbed.Models.Packages;
using OnnxEmbed.Onnx.Building;
using OnnxEmbed.Tensors;

namespace OnnxEmbed.Models.Architectures;

/// <summary>
/// The head that turns hidden states into scores of the next or the hidden token. It is used in pre-training only: the model's graph for
/// inference ends before it, and its own parameters lie in <c>head.safetensors</c> of the package.
/// </summary>
public static class LanguageModelHead
{
    /// <summary>Scores of every token of the vocabulary.</summary>
    /// <param name="graph">The graph, which holds the encoder already.</param>
    /// <param name="config">The architecture.</param>
    /// <param name="hidden">Hidden states [N, H], all of them or those at which a token is predicted.</param>
    /// <param name="parameters">Source of the head's parameters and, for a tied head, of the encoder's token table.</param>
    /// <returns>Logits [N, V].</returns>
    public static Value Build(GraphBuilder graph, ModelConfig config, Value hidden, ParameterSource parameters)
    {
        ArgumentNullException.ThrowIfNull(graph);
        ArgumentNullException.ThrowIfNull(parameters);
        switch (config)
        {
            case DecoderConfig decoder:
                string table = decoder.TieWordEmbeddings ? KnownArchitectures.Of(decoder).TokenTable : decoder.HeadTable;
                Value logits = graph.Gemm(hidden, parameters(table, [decoder.VocabSize, decoder.HiddenSize]), transB: true);
                return decoder.LogitSoftCap is double cap ? graph.Mul(graph.Tanh(graph.Mul(logits, 1 / cap)), cap) : logits;
            case BertConfig bert:
                // BertLMPredictionHead: dense, GELU, layer normalisation, then the token table and a bias of its own.
                Blocks blocks = new(graph, parameters, new EncoderInputs(hidden, hidden, null));
                const string Transform = "cls.predictions.transform";
                Value x = blocks.Activation(bert.HiddenAct, blocks.Linear(hidden, $"{Transform}.dense", bert.HiddenSize, bias: true));
                x = blocks.LayerNorm(x, $"{Transform}.LayerNorm", bert.LayerNormEps);
                return graph.Gemm(
                    x,
                    parameters(BertGraph.TokenTable, [bert.VocabSize, bert.HiddenSize]),
                    parameters("cls.predictions.bias", [bert.VocabSize]),
                    transB: true);
            default:
                throw new DataException($"config: a language-model head needs a decoder or bert as model_type, got {config.ModelType}");
        }
    }

    /// <summary>Names and shapes of the parameters that belong to the head alone; empty for a tied decoder.</summary>
    public static IReadOnlyDictionary<string, long[]> Parameters(ModelConfig config)
    {
        ArgumentNullException.ThrowIfNull(config);
        GraphBuilder scratch = new("head");
        Value hidden = scratch.Input("hidden", ElementType.Float32, "tokens", config.HiddenSize);
        Dictionary<string, long[]> shapes = new(StringComparer.Ordinal);
        ParameterSource inputs = ParameterSources.Inputs(scratch);
        Build(scratch, config, hidden, (name, shape) =>
        {
            shapes[name] = shape;
            return inputs(name, shape);
        });
        shapes.Remove(KnownArchitectures.Of(config).TokenTable);
        return shapes;
    }
}
