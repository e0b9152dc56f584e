using System.Text.Json.Nodes;

namespace OnnxEmbed.Models.Packages;

/// <summary>Config of a Llama decoder.</summary>
public sealed record LlamaConfig : ModelConfig
{
    /// <inheritdoc/>
    public override string ModelType => "llama";

    /// <summary>Key/value heads, a divisor of the heads.</summary>
    public required int NumKeyValueHeads { get; init; }

    /// <summary>Width of one head.</summary>
    public required int HeadDim { get; init; }

    /// <summary>ε of the RMS normalisation.</summary>
    public double RmsNormEps { get; init; } = 1e-6;

    /// <summary>Base of the wavelengths of the rotary positions.</summary>
    public double RopeTheta { get; init; } = 10000;

    /// <summary>Whether the config stretches the rotary positions, which is not built.</summary>
    public bool HasRopeScaling { get; init; }

    /// <summary>Whether the output head is the token table.</summary>
    public bool TieWordEmbeddings { get; init; }

    /// <summary>Whether the projections of the attention have biases.</summary>
    public bool AttentionBias { get; init; }

    /// <summary>Whether the matrices of the feed-forward block have biases.</summary>
    public bool MlpBias { get; init; }

    /// <summary>Token that begins a text; null where there is none.</summary>
    public int? BosTokenId { get; init; }

    /// <summary>Token that ends a text; null where there is none.</summary>
    public int? EosTokenId { get; init; }

    internal override IEnumerable<string> GraphFaults() => CommonFaults().Concat(Faults(
        (
            NumKeyValueHeads < 1 || NumAttentionHeads % NumKeyValueHeads != 0,
            "num_key_value_heads", $"a divisor of num_attention_heads ({NumAttentionHeads})", NumKeyValueHeads),
        (HeadDim < 2 || HeadDim % 2 != 0, "head_dim", "an even number", HeadDim),
        (RmsNormEps <= 0, "rms_norm_eps", "a number above 0", RmsNormEps),
        (RopeTheta <= 0, "rope_theta", "a number above 0", RopeTheta),
        (HasRopeScaling, "rope_scaling", "null, the only value that is built", "a scaling"),
        (HiddenAct != "silu", "hidden_act", "silu, the one that is built", HiddenAct)));

    private protected override void Write(JsonObject json)
    {
        json["architectures"] = new JsonArray("LlamaModel");
        base.Write(json);
        json["num_key_value_heads"] = NumKeyValueHeads;
        json["head_dim"] = HeadDim;
        json["rms_norm_eps"] = RmsNormEps;
        json["rope_theta"] = RopeTheta;
        json["rope_scaling"] = null;
        json["tie_word_embeddings"] = TieWordEmbeddings;
        json["attention_bias"] = AttentionBias;
        json["mlp_bias"] = MlpBias;
        json["attention_dropout"] = 0;
        json["bos_token_id"] = BosTokenId;
        json["eos_token_id"] = EosTokenId;
    }
}
