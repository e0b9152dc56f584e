using System.Text.Json.Nodes;
using OnnxEmbed.Models.Packages;

namespace OnnxEmbed.Models.Architectures.Encoders;

/// <summary>Config of an MPNet encoder (defaults: configuration_mpnet.py of transformers 4.57).</summary>
public sealed record MpnetConfig : ModelConfig
{
    /// <inheritdoc/>
    public override string ModelType => "mpnet";

    /// <summary>Rows of the table of relative positions.</summary>
    public int RelativeAttentionNumBuckets { get; init; } = 32;

    /// <summary>ε of the layer normalisation.</summary>
    public double LayerNormEps { get; init; } = 1e-12;

    /// <summary>Positions begin after <see cref="MpnetGraph.PaddingPosition"/>, which has a row of its own.</summary>
    public override int MaxSequenceLength => Math.Max(0, MaxPositionEmbeddings - MpnetGraph.PaddingPosition - 1);

    internal static MpnetConfig Read(ConfigReader json) => new()
    {
        VocabSize = json.Size("vocab_size", 30527),
        HiddenSize = json.Needed("hidden_size"),
        NumHiddenLayers = json.Size("num_hidden_layers", 12),
        NumAttentionHeads = json.Size("num_attention_heads", 12),
        IntermediateSize = json.Size("intermediate_size", 3072),
        MaxPositionEmbeddings = json.Size("max_position_embeddings", 512),
        RelativeAttentionNumBuckets = json.Size("relative_attention_num_buckets", 32),
        LayerNormEps = json.Number("layer_norm_eps", 1e-12),
        HiddenAct = json.Text("hidden_act", "gelu"),
        InitializerRange = json.Number("initializer_range", 0.02),
        PadTokenId = json.Id("pad_token_id") ?? 1,
    };

    internal override IEnumerable<string> GraphFaults() => CommonFaults()
        .Concat(EncoderFaults.Of(this, LayerNormEps, "layer_norm_eps"))
        .Concat(Faults(
            (
                RelativeAttentionNumBuckets < 4 || RelativeAttentionNumBuckets % 4 != 0,
                "relative_attention_num_buckets", "a multiple of 4", RelativeAttentionNumBuckets),
            (
                MaxSequenceLength is < 1 or > 1 << 20,
                "max_position_embeddings", $"a number in ({MpnetGraph.PaddingPosition + 1}, 2^20]", MaxPositionEmbeddings)));

    private protected override void Write(JsonObject json)
    {
        json["architectures"] = new JsonArray("MPNetModel");
        base.Write(json);
        json["relative_attention_num_buckets"] = RelativeAttentionNumBuckets;
        json["layer_norm_eps"] = LayerNormEps;
        json["attention_probs_dropout_prob"] = 0;
        json["hidden_dropout_prob"] = 0;
    }
}
