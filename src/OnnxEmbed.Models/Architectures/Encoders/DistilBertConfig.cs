using System.Text.Json.Nodes;
using OnnxEmbed.Models.Packages;

namespace OnnxEmbed.Models.Architectures.Encoders;

/// <summary>Config of a DistilBERT encoder (names and defaults: configuration_distilbert.py of transformers 4.57).</summary>
public sealed record DistilBertConfig : ModelConfig
{
    /// <inheritdoc/>
    public override string ModelType => "distilbert";

    internal static DistilBertConfig Read(ConfigReader json) => new()
    {
        VocabSize = json.Size("vocab_size", 30522),
        HiddenSize = json.Size("hidden_size", 768, alias: "dim"),
        NumHiddenLayers = json.Size("num_hidden_layers", 6, alias: "n_layers"),
        NumAttentionHeads = json.Size("num_attention_heads", 12, alias: "n_heads"),
        IntermediateSize = json.Size("intermediate_size", 3072, alias: "hidden_dim"),
        MaxPositionEmbeddings = json.Size("max_position_embeddings", 512),
        HiddenAct = json.Text("hidden_act", "gelu", alias: "activation"),
        InitializerRange = json.Number("initializer_range", 0.02),
        PadTokenId = json.Id("pad_token_id") ?? 0,
    };

    internal override IEnumerable<string> GraphFaults() =>
        CommonFaults().Concat(EncoderFaults.Of(this, DistilBertGraph.LayerNormEps, "layer_norm_eps", "activation"));

    private protected override void Write(JsonObject json)
    {
        json["architectures"] = new JsonArray("DistilBertModel");
        base.Write(json);

        // Readers that know DistilBERT look for its own names, the others for the common ones.
        json["dim"] = HiddenSize;
        json["n_layers"] = NumHiddenLayers;
        json["n_heads"] = NumAttentionHeads;
        json["hidden_dim"] = IntermediateSize;
        json["activation"] = HiddenAct;
        json["sinusoidal_pos_embds"] = false;
        json["attention_dropout"] = 0;
        json["dropout"] = 0;
    }
}
