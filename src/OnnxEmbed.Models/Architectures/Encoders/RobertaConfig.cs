using System.Text.Json.Nodes;
using OnnxEmbed.Models.Packages;

namespace OnnxEmbed.Models.Architectures.Encoders;

/// <summary>
/// Config of a RoBERTa encoder and of those that differ in their vocabulary only: XLM-RoBERTa and CamemBERT (defaults:
/// configuration_roberta.py of transformers 4.57).
/// </summary>
/// <param name="Type">Its <c>model_type</c>.</param>
public sealed record RobertaConfig(string Type) : ModelConfig
{
    /// <inheritdoc/>
    public override string ModelType => Type;

    /// <summary>Rows of the segment table, of which the first is read.</summary>
    public int TypeVocabSize { get; init; } = 1;

    /// <summary>ε of the layer normalisation.</summary>
    public double LayerNormEps { get; init; } = 1e-5;

    /// <summary>How positions enter; only <c>absolute</c> is built.</summary>
    public string PositionEmbeddingType { get; init; } = "absolute";

    /// <summary>Positions begin after the id of padding, which has a row of its own.</summary>
    public override int MaxSequenceLength => Math.Max(0, MaxPositionEmbeddings - Pad - 1);

    internal int Pad => PadTokenId ?? 1;

    internal static RobertaConfig Read(ConfigReader json) => new(json.ModelType)
    {
        VocabSize = json.Size("vocab_size", json.ModelType == "roberta" ? 50265 : 30522),
        HiddenSize = json.Needed("hidden_size"),
        NumHiddenLayers = json.Size("num_hidden_layers", 12),
        NumAttentionHeads = json.Size("num_attention_heads", 12),
        IntermediateSize = json.Size("intermediate_size", 3072),
        MaxPositionEmbeddings = json.Size("max_position_embeddings", 512),
        TypeVocabSize = json.Size("type_vocab_size", 2),
        LayerNormEps = json.Number("layer_norm_eps", 1e-12),
        HiddenAct = json.Text("hidden_act", "gelu"),
        PositionEmbeddingType = json.Text("position_embedding_type", "absolute"),
        InitializerRange = json.Number("initializer_range", 0.02),
        PadTokenId = json.Id("pad_token_id") ?? 1,
    };

    internal override IEnumerable<string> GraphFaults() => CommonFaults()
        .Concat(EncoderFaults.Of(this, LayerNormEps, "layer_norm_eps"))
        .Concat(EncoderFaults.OfPositions(PositionEmbeddingType))
        .Concat(Faults(
            (TypeVocabSize < 1, "type_vocab_size", "1 or more", TypeVocabSize),
            (MaxSequenceLength < 1, "max_position_embeddings", $"more than pad_token_id + 1 ({Pad + 1})", MaxPositionEmbeddings)));

    private protected override void Write(JsonObject json)
    {
        json["architectures"] = new JsonArray(ModelType switch { "roberta" => "RobertaModel", "camembert" => "CamembertModel", _ => "XLMRobertaModel" });
        base.Write(json);
        json["type_vocab_size"] = TypeVocabSize;
        json["layer_norm_eps"] = LayerNormEps;
        json["position_embedding_type"] = PositionEmbeddingType;
        json["attention_probs_dropout_prob"] = 0;
        json["hidden_dropout_prob"] = 0;
    }
}
