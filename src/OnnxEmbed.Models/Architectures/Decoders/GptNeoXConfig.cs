using System.Text.Json.Nodes;
using OnnxEmbed.Models.Json;
using OnnxEmbed.Models.Packages;

namespace OnnxEmbed.Models.Architectures.Decoders;

/// <summary>Config of a GPT-NeoX decoder, such as Pythia (defaults: configuration_gpt_neox.py of transformers 4.57).</summary>
internal sealed record GptNeoXConfig : DecoderConfig
{
    public override string ModelType => "gpt_neox";

    /// <summary>ε of the layer normalisation.</summary>
    public double LayerNormEps { get; init; } = 1e-5;

    /// <summary>Share of a head that the rotary positions turn.</summary>
    public double RotaryPct { get; init; } = 0.25;

    /// <summary>Base of the wavelengths of the rotary positions.</summary>
    public double RotaryEmbBase { get; init; } = 10000;

    /// <summary>How the rotary positions are stretched; null for not at all.</summary>
    public RopeScaling? RopeScaling { get; init; }

    /// <summary>Whether attention and feed-forward block read the same input.</summary>
    public bool UseParallelResidual { get; init; } = true;

    /// <summary>Whether the projections of the attention have biases.</summary>
    public bool AttentionBias { get; init; } = true;

    /// <summary>Numbers of a head that turn.</summary>
    internal int RotaryWidth => (int)(HiddenSize / Math.Max(1, NumAttentionHeads) * RotaryPct);

    internal override string ModelClass => "GPTNeoXModel";

    internal override string HeadTable => "embed_out.weight";

    public static GptNeoXConfig Read(ConfigReader json)
    {
        JsonField rope = json["rope_parameters"];
        double Rotary(string field, string name, double fallback) => rope[field].Exists
            ? json.Value(rope[field].AsDouble, fallback)
            : json.Number(name, fallback, field);
        return new GptNeoXConfig
        {
            VocabSize = json.Size("vocab_size", 50432),
            HiddenSize = json.Needed("hidden_size"),
            NumHiddenLayers = json.Size("num_hidden_layers", 44),
            NumAttentionHeads = json.Size("num_attention_heads", 64),
            IntermediateSize = json.Size("intermediate_size", 24576),
            MaxPositionEmbeddings = json.Size("max_position_embeddings", 2048),
            HiddenAct = json.Text("hidden_act", "gelu"),
            LayerNormEps = json.Number("layer_norm_eps", 1e-5),
            RotaryPct = Rotary("partial_rotary_factor", "rotary_pct", 0.25),
            RotaryEmbBase = Rotary("rope_theta", "rotary_emb_base", 10000),
            RopeScaling = GroupedQueryConfig.ReadScaling(json),
            UseParallelResidual = json.Flag("use_parallel_residual", true),
            AttentionBias = json.Flag("attention_bias", true),
            TieWordEmbeddings = json.Flag("tie_word_embeddings"),
            InitializerRange = json.Number("initializer_range", 0.02),
            PadTokenId = json.Id("pad_token_id"),
            BosTokenId = json.Id("bos_token_id"),
            EosTokenId = json.Id("eos_token_id"),
            Attention = json.Attention(),
        };
    }

    internal override IEnumerable<string> GraphFaults() => CommonFaults()
        .Concat(Faults(
            (
                NumAttentionHeads > 0 && HiddenSize % NumAttentionHeads != 0,
                "hidden_size", $"a multiple of num_attention_heads ({NumAttentionHeads})", HiddenSize),
            (LayerNormEps <= 0, "layer_norm_eps", "a number above 0", LayerNormEps),
            (
                RotaryPct > 1 || RotaryWidth < 2 || RotaryWidth % 2 != 0,
                "rotary_pct",
                $"a number in (0, 1] that gives an even part of a head of {HiddenSize / Math.Max(1, NumAttentionHeads)}",
                RotaryPct),
            (RotaryEmbBase <= 1, "rotary_emb_base", "a number above 1", RotaryEmbBase),
            (!ActivationFunctions.IsKnown(HiddenAct), "hidden_act", ActivationFunctions.Needs, HiddenAct)))
        .Concat(RopeScaling?.GraphFaults(RotaryWidth) ?? []);

    private protected override void Write(JsonObject json)
    {
        base.Write(json);
        json["layer_norm_eps"] = LayerNormEps;
        json["rotary_pct"] = RotaryPct;
        json["rotary_emb_base"] = RotaryEmbBase;
        json["rope_scaling"] = RopeScaling?.ToJson();
        json["use_parallel_residual"] = UseParallelResidual;
        json["attention_bias"] = AttentionBias;
        json["hidden_dropout"] = 0;
    }
}
