using System.Text.Json.Nodes;
using OnnxEmbed.Models.Packages;

namespace OnnxEmbed.Models.Architectures.Encoders;

/// <summary>Config of a ModernBERT encoder (defaults: configuration_modernbert.py of transformers 4.57; fields of version 5 are read too).</summary>
public sealed record ModernBertConfig : ModelConfig
{
    private const string Full = "full_attention";
    private const string Sliding = "sliding_attention";

    /// <inheritdoc/>
    public override string ModelType => "modernbert";

    /// <summary>ε of the layer normalisation.</summary>
    public double NormEps { get; init; } = 1e-5;

    /// <summary>Whether layer normalisations have biases.</summary>
    public bool NormBias { get; init; }

    /// <summary>Whether the projections of the attention have biases.</summary>
    public bool AttentionBias { get; init; }

    /// <summary>Whether the matrices of the feed-forward block have biases.</summary>
    public bool MlpBias { get; init; }

    /// <summary>Layer 0 and every so-manieth after it read the whole text; the others a window.</summary>
    public int GlobalAttentionEveryNLayers { get; init; } = 3;

    /// <summary>Width of the window: half of it is read on each side.</summary>
    public int LocalAttention { get; init; } = 128;

    /// <summary>Base of the wavelengths in layers that read the whole text.</summary>
    public double GlobalRopeTheta { get; init; } = 160000;

    /// <summary>Base of the wavelengths in layers that read a window.</summary>
    public double LocalRopeTheta { get; init; } = 10000;

    /// <summary>The first part of the config that the graph cannot follow; empty where there is none.</summary>
    public string Unsupported { get; init; } = "";

    internal static ModernBertConfig Read(ConfigReader json)
    {
        double global = Theta(json, Full, json.Number("global_rope_theta", 160000));
        int layers = json.Size("num_hidden_layers", 22);
        int every = json.Size("global_attn_every_n_layers", 3);
        return new ModernBertConfig
        {
            VocabSize = json.Size("vocab_size", 50368),
            HiddenSize = json.Needed("hidden_size"),
            NumHiddenLayers = layers,
            NumAttentionHeads = json.Size("num_attention_heads", 12),
            IntermediateSize = json.Size("intermediate_size", 1152),
            MaxPositionEmbeddings = json.Size("max_position_embeddings", 8192),
            NormEps = json.Number("norm_eps", 1e-5),
            NormBias = json.Flag("norm_bias"),
            AttentionBias = json.Flag("attention_bias"),
            MlpBias = json.Flag("mlp_bias"),
            GlobalAttentionEveryNLayers = every,
            LocalAttention = json.Size("local_attention", 128),
            GlobalRopeTheta = global,
            LocalRopeTheta = Theta(json, Sliding, json.Number("local_rope_theta", 10000)),
            HiddenAct = json.Text("hidden_activation", "gelu", alias: "hidden_act"),
            InitializerRange = json.Number("initializer_range", 0.02),
            PadTokenId = json.Id("pad_token_id") ?? 50283,
            Unsupported = Unfollowed(json, layers, every),
        };
    }

    internal override IEnumerable<string> GraphFaults() => CommonFaults()
        .Concat(EncoderFaults.Of(this, NormEps, "norm_eps", "hidden_activation"))
        .Concat(Faults(
            (
                NumAttentionHeads > 0 && HiddenSize / NumAttentionHeads % 2 != 0,
                "hidden_size", $"an even width for each of {NumAttentionHeads} heads", HiddenSize),
            (GlobalRopeTheta <= 0, "global_rope_theta", "a number above 0", GlobalRopeTheta),
            (LocalRopeTheta <= 0, "local_rope_theta", "a number above 0", LocalRopeTheta),
            (Unsupported.Length > 0, Unsupported, "the form of ModernBERT's own checkpoints, which is built", "another")));

    /// <summary>Whether a layer reads the whole text.</summary>
    internal bool IsGlobal(int layer) => layer % GlobalAttentionEveryNLayers == 0;

    private protected override void Write(JsonObject json)
    {
        json["architectures"] = new JsonArray("ModernBertModel");
        base.Write(json);
        json.Remove("hidden_act");
        json["hidden_activation"] = HiddenAct;
        json["norm_eps"] = NormEps;
        json["norm_bias"] = NormBias;
        json["attention_bias"] = AttentionBias;
        json["mlp_bias"] = MlpBias;
        json["global_attn_every_n_layers"] = GlobalAttentionEveryNLayers;
        json["local_attention"] = LocalAttention;
        json["global_rope_theta"] = GlobalRopeTheta;
        json["local_rope_theta"] = LocalRopeTheta;
        json["attention_dropout"] = 0;
        json["embedding_dropout"] = 0;
        json["mlp_dropout"] = 0;
    }

    private static double Theta(ConfigReader json, string layers, double fallback) => json.Value(
        () => json["rope_parameters"][layers]["rope_theta"].DoubleOr(fallback), fallback);

    // Version 5 writes the kind of each layer and of each rotation; what transformers' converter makes of version 4 is the form above.
    private static string Unfollowed(ConfigReader json, int layers, int every)
    {
        IReadOnlyList<string>? kinds = json.TextsOrNull("layer_types");
        bool same = kinds is null || kinds.SequenceEqual(Enumerable.Range(0, layers).Select(layer => layer % every == 0 ? Full : Sliding));
        bool plain = ((string[])[Full, Sliding]).All(kind => json.Value(
            () => json["rope_parameters"][kind]["rope_type"].StringOr("default"), "default") == "default");
        return !same ? "layer_types" : !plain ? "rope_parameters" : json["rope_scaling"].Exists ? "rope_scaling" : "";
    }
}
