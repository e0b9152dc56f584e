using System.Text.Json.Nodes;

namespace OnnxEmbed.Models.Packages;

/// <summary>Config of a BERT encoder.</summary>
public sealed record BertConfig : ModelConfig
{
    /// <inheritdoc/>
    public override string ModelType => "bert";

    /// <summary>Rows of the segment table.</summary>
    public int TypeVocabSize { get; init; } = 2;

    /// <summary>ε of the layer normalisation.</summary>
    public double LayerNormEps { get; init; } = 1e-12;

    /// <summary>How positions enter; only <c>absolute</c> is built.</summary>
    public string PositionEmbeddingType { get; init; } = "absolute";

    internal override IEnumerable<string> GraphFaults() => CommonFaults().Concat(Faults(
        (
            NumAttentionHeads > 0 && HiddenSize % NumAttentionHeads != 0,
            "hidden_size", $"a multiple of num_attention_heads ({NumAttentionHeads})", HiddenSize),
        (TypeVocabSize < 1, "type_vocab_size", "1 or more", TypeVocabSize),
        (LayerNormEps <= 0, "layer_norm_eps", "a number above 0", LayerNormEps),
        (HiddenAct != "gelu", "hidden_act", "gelu, the one that is built", HiddenAct),
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
