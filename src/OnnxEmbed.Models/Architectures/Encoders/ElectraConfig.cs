using System.Text.Json.Nodes;
using OnnxEmbed.Models.Packages;

namespace OnnxEmbed.Models.Architectures.Encoders;

/// <summary>Config of an ELECTRA encoder (defaults: configuration_electra.py of transformers 4.57).</summary>
public sealed record ElectraConfig : ModelConfig
{
    /// <inheritdoc/>
    public override string ModelType => "electra";

    /// <inheritdoc/>
    public override bool TakesTokenTypes => true;

    /// <summary>Width of the embeddings, which are projected to that of the layers where it differs.</summary>
    public required int EmbeddingSize { get; init; }

    /// <summary>Rows of the segment table.</summary>
    public int TypeVocabSize { get; init; } = 2;

    /// <summary>ε of the layer normalisation.</summary>
    public double LayerNormEps { get; init; } = 1e-12;

    /// <summary>How positions enter; only <c>absolute</c> is built.</summary>
    public string PositionEmbeddingType { get; init; } = "absolute";

    internal static ElectraConfig Read(ConfigReader json) => new()
    {
        VocabSize = json.Size("vocab_size", 30522),
        EmbeddingSize = json.Size("embedding_size", 128),
        HiddenSize = json.Needed("hidden_size"),
        NumHiddenLayers = json.Size("num_hidden_layers", 12),
        NumAttentionHeads = json.Size("num_attention_heads", 4),
        IntermediateSize = json.Size("intermediate_size", 1024),
        MaxPositionEmbeddings = json.Size("max_position_embeddings", 512),
        TypeVocabSize = json.Size("type_vocab_size", 2),
        LayerNormEps = json.Number("layer_norm_eps", 1e-12),
        HiddenAct = json.Text("hidden_act", "gelu"),
        PositionEmbeddingType = json.Text("position_embedding_type", "absolute"),
        InitializerRange = json.Number("initializer_range", 0.02),
        PadTokenId = json.Id("pad_token_id") ?? 0,
    };

    internal override IEnumerable<string> GraphFaults() => CommonFaults()
        .Concat(EncoderFaults.Of(this, LayerNormEps, "layer_norm_eps"))
        .Concat(EncoderFaults.OfPositions(PositionEmbeddingType))
        .Concat(Faults((TypeVocabSize < 1, "type_vocab_size", "1 or more", TypeVocabSize)));

    private protected override void Write(JsonObject json)
    {
        json["architectures"] = new JsonArray("ElectraModel");
        base.Write(json);
        json["embedding_size"] = EmbeddingSize;
        json["type_vocab_size"] = TypeVocabSize;
        json["layer_norm_eps"] = LayerNormEps;
        json["position_embedding_type"] = PositionEmbeddingType;
        json["attention_probs_dropout_prob"] = 0;
        json["hidden_dropout_prob"] = 0;
    }
}
