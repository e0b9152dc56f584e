using System.Text.Json.Nodes;
using OnnxEmbed.Models.Packages;

namespace OnnxEmbed.Models.Architectures.Encoders;

/// <summary>Config of a BERT encoder (defaults: configuration_bert.py of transformers 4.57).</summary>
public sealed record BertConfig : ModelConfig
{
    /// <inheritdoc/>
    public override string ModelType => "bert";

    /// <inheritdoc/>
    public override bool TakesTokenTypes => true;

    /// <summary>Rows of the segment table.</summary>
    public int TypeVocabSize { get; init; } = 2;

    /// <summary>ε of the layer normalisation.</summary>
    public double LayerNormEps { get; init; } = 1e-12;

    /// <summary>How positions enter; only <c>absolute</c> is built.</summary>
    public string PositionEmbeddingType { get; init; } = "absolute";

    internal static BertConfig Read(ConfigReader json) => new()
    {
        VocabSize = json.Size("vocab_size", 30522),
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
        PadTokenId = json.Id("pad_token_id"),
    };

    internal override IEnumerable<string> GraphFaults() => CommonFaults().Concat(Faults(
        (
            NumAttentionHeads > 0 && HiddenSize % NumAttentionHeads != 0,
            "hidden_size", $"a multiple of num_attention_heads ({NumAttentionHeads})", HiddenSize),
        (TypeVocabSize < 1, "type_vocab_size", "1 or more", TypeVocabSize),
        (LayerNormEps <= 0, "layer_norm_eps", "a number above 0", LayerNormEps),
        (!ActivationFunctions.IsKnown(HiddenAct), "hidden_act", ActivationFunctions.Needs, HiddenAct),
        (PositionEmbeddingType != "absolute", "position_embedding_type", "absolute, the one that is built", PositionEmbeddingType)));

    private protected override void Write(JsonObject json)
    {
        json["architectures"] = new JsonArray("BertModel");
        base.Write(json);
        json["type_vocab_size"] = TypeVocabSize;
        json["layer_norm_eps"] = LayerNormEps;
        json["position_embedding_type"] = PositionEmbeddingType;
        json["attention_probs_dropout_prob"] = 0;
        json["hidden_dropout_prob"] = 0;
    }
}
