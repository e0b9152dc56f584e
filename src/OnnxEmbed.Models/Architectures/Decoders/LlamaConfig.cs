using System.Text.Json.Nodes;
using OnnxEmbed.Models.Packages;

namespace OnnxEmbed.Models.Architectures.Decoders;

/// <summary>Config of a Llama decoder (defaults: configuration_llama.py of transformers 4.57).</summary>
public sealed record LlamaConfig : ModelConfig
{
    /// <summary>A causal decoder.</summary>
    public LlamaConfig() => Attention = AttentionKind.Causal;

    /// <inheritdoc/>
    public override string ModelType => "llama";

    /// <inheritdoc/>
    public override bool IsDecoder => true;

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

    internal static LlamaConfig Read(ConfigReader json)
    {
        int hidden = json.Needed("hidden_size");
        int heads = json.Size("num_attention_heads", 32);
        return new LlamaConfig
        {
            VocabSize = json.Size("vocab_size", 32000),
            HiddenSize = hidden,
            NumHiddenLayers = json.Size("num_hidden_layers", 32),
            NumAttentionHeads = heads,
            NumKeyValueHeads = json.Size("num_key_value_heads", heads),
            HeadDim = json.Size("head_dim", Math.Max(1, hidden / heads)),
            IntermediateSize = json.Size("intermediate_size", 11008),
            MaxPositionEmbeddings = json.Size("max_position_embeddings", 2048),
            RmsNormEps = json.Number("rms_norm_eps", 1e-6),
            RopeTheta = json.Number("rope_theta", 10000),
            HasRopeScaling = json["rope_scaling"].Exists,
            TieWordEmbeddings = json.Flag("tie_word_embeddings"),
            AttentionBias = json.Flag("attention_bias"),
            MlpBias = json.Flag("mlp_bias"),
            HiddenAct = json.Text("hidden_act", "silu"),
            InitializerRange = json.Number("initializer_range", 0.02),
            PadTokenId = json.Id("pad_token_id"),
            BosTokenId = json.Id("bos_token_id"),
            EosTokenId = json.Id("eos_token_id"),
            Attention = json.Attention(),
        };
    }

    internal override IEnumerable<string> GraphFaults() => CommonFaults().Concat(Faults(
        (
            NumKeyValueHeads < 1 || NumAttentionHeads % NumKeyValueHeads != 0,
            "num_key_value_heads", $"a divisor of num_attention_heads ({NumAttentionHeads})", NumKeyValueHeads),
        (HeadDim < 2 || HeadDim % 2 != 0, "head_dim", "an even number", HeadDim),
        (RmsNormEps <= 0, "rms_norm_eps", "a number above 0", RmsNormEps),
        (RopeTheta <= 0, "rope_theta", "a number above 0", RopeTheta),
        (HasRopeScaling, "rope_scaling", "null, the only value that is built", "a scaling"),
        (!ActivationFunctions.IsKnown(HiddenAct), "hidden_act", ActivationFunctions.Needs, HiddenAct)));

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
