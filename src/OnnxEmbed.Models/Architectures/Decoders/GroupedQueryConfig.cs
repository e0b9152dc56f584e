using System.Text.Json.Nodes;
using OnnxEmbed.Models.Json;
using OnnxEmbed.Models.Packages;

namespace OnnxEmbed.Models.Architectures.Decoders;

/// <summary>
/// What the configs of decoders with RMS normalisation, rotary positions and grouped-query attention have in common: Llama, Mistral,
/// Qwen2, Qwen3, Gemma 2, Gemma 3, Phi-3.
/// </summary>
public abstract record GroupedQueryConfig : DecoderConfig
{
    private const string Sliding = "sliding_attention";

    private const string Full = "full_attention";

    /// <summary>Key/value heads, a divisor of the heads.</summary>
    public required int NumKeyValueHeads { get; init; }

    /// <summary>Width of one head.</summary>
    public required int HeadDim { get; init; }

    /// <summary>ε of the RMS normalisation.</summary>
    public double RmsNormEps { get; init; } = 1e-6;

    /// <summary>Base of the wavelengths of the rotary positions.</summary>
    public double RopeTheta { get; init; } = 10000;

    /// <summary>How the rotary positions are stretched; null for not at all.</summary>
    public RopeScaling? RopeScaling { get; init; }

    /// <summary>Share of a head that the rotary positions turn.</summary>
    /// <value>(0, 1]; default 1.</value>
    public double PartialRotaryFactor { get; init; } = 1;

    /// <summary>Tokens that a sliding layer reads on a side, the query's own among them; null where no layer slides.</summary>
    public int? SlidingWindow { get; init; }

    /// <summary><c>sliding_attention</c> or <c>full_attention</c> of each layer; null for the rule of the architecture.</summary>
    public IReadOnlyList<string>? LayerTypes { get; init; }

    /// <summary>Whether the projections of the attention have biases.</summary>
    public bool AttentionBias { get; init; }

    /// <summary>Numbers of a head that turn.</summary>
    internal int RotaryWidth => (int)(HeadDim * PartialRotaryFactor);

    /// <summary>Whether queries, keys and values have biases.</summary>
    internal virtual bool HasInputBias => AttentionBias;

    /// <summary>Whether the output of the attention has a bias.</summary>
    internal virtual bool HasOutputBias => AttentionBias;

    /// <summary>Whether the matrices of the feed-forward block have biases.</summary>
    internal virtual bool HasFeedForwardBias => false;

    /// <summary>Whether each head of queries and keys is normalised.</summary>
    internal virtual bool NormalizesHeads => false;

    /// <summary>Whether the graph can turn a part of a head only.</summary>
    private protected virtual bool TurnsPartly => false;

    /// <summary>Whether a layer slides.</summary>
    internal bool Slides(int layer) =>
        SlidingWindow is not null && (LayerTypes is null ? SlidesByRule(layer) : layer < LayerTypes.Count && LayerTypes[layer] == Sliding);

    /// <summary>How far a layer reads; null for everything.</summary>
    internal int? WindowOf(int layer) => Slides(layer) ? EffectiveWindow : null;

    /// <summary>The window of the layers that slide.</summary>
    private protected virtual int? EffectiveWindow => SlidingWindow;

    private protected virtual bool SlidesByRule(int layer) => true;

    /// <summary>The angles of the rotary positions.</summary>
    internal RotaryFrequencies Frequencies() => RotaryFrequencies.Of(RotaryWidth, RopeTheta, RopeScaling, MaxPositionEmbeddings);

    internal override IEnumerable<string> GraphFaults() => CommonFaults()
        .Concat(Faults(
            (
                NumKeyValueHeads < 1 || NumAttentionHeads % NumKeyValueHeads != 0,
                "num_key_value_heads", $"a divisor of num_attention_heads ({NumAttentionHeads})", NumKeyValueHeads),
            (HeadDim is < 2 or > 1 << 16 || (!TurnsPartly && HeadDim % 2 != 0), "head_dim", "an even number in [2, 65536]", HeadDim),
            (
                TurnsPartly && (RotaryWidth < 2 || RotaryWidth % 2 != 0 || PartialRotaryFactor > 1),
                "partial_rotary_factor", $"a number in (0, 1] that gives an even part of a head of {HeadDim}", PartialRotaryFactor),
            (!TurnsPartly && PartialRotaryFactor != 1, "partial_rotary_factor", "1, the only value that is built", PartialRotaryFactor),
            (RmsNormEps <= 0, "rms_norm_eps", "a number above 0", RmsNormEps),
            (RopeTheta <= 1, "rope_theta", "a number above 1", RopeTheta),
            (SlidingWindow < 1, "sliding_window", "1 or more, or null", SlidingWindow),
            (
                LayerTypes is not null && (LayerTypes.Count != NumHiddenLayers || LayerTypes.Any(type => type is not (Sliding or Full))),
                "layer_types",
                $"{Sliding} or {Full} for each of the {NumHiddenLayers} layers, the ones that are built",
                string.Join(", ", LayerTypes ?? [])),
            (
                LayerTypes is not null && SlidingWindow is null && LayerTypes.Contains(Sliding),
                "sliding_window", "a number where layers slide", "null"),
            (!ActivationFunctions.IsKnown(HiddenAct), "hidden_act", ActivationFunctions.Needs, HiddenAct)))
        .Concat(RopeScaling?.GraphFaults(RotaryWidth) ?? []);

    /// <summary>θ of the rotary positions, from <c>rope_parameters</c> of transformers 5 or from <c>rope_theta</c>.</summary>
    internal static double ReadTheta(ConfigReader json, double fallback)
    {
        JsonField theta = json["rope_parameters"]["rope_theta"];
        return theta.Exists ? json.Value(theta.AsDouble, fallback) : json.Number("rope_theta", fallback);
    }

    /// <summary>The scaling, from <c>rope_parameters</c> of transformers 5 or from <c>rope_scaling</c>.</summary>
    internal static RopeScaling? ReadScaling(ConfigReader json) =>
        Architectures.RopeScaling.Read(json, json["rope_parameters"].Exists ? json["rope_parameters"] : json["rope_scaling"]);

    /// <summary>The share of a head that turns, from either place.</summary>
    internal static double ReadPartial(ConfigReader json)
    {
        JsonField partial = json["rope_parameters"]["partial_rotary_factor"];
        return partial.Exists ? json.Value(partial.AsDouble, 1) : json.Number("partial_rotary_factor", 1);
    }

    /// <summary>The window: the configuration class's own where the field is absent, none where it is null.</summary>
    internal static int? ReadWindow(ConfigReader json, int absent) =>
        json["sliding_window"].IsAbsent ? absent : json.SizeOrNull("sliding_window");

    private protected override void Write(JsonObject json)
    {
        base.Write(json);
        json["num_key_value_heads"] = NumKeyValueHeads;
        json["head_dim"] = HeadDim;
        json["rms_norm_eps"] = RmsNormEps;
        json["rope_theta"] = RopeTheta;
        json["rope_scaling"] = RopeScaling?.ToJson();
    }

    /// <summary>Fields of architectures whose layers may slide.</summary>
    private protected void WriteWindow(JsonObject json)
    {
        json["sliding_window"] = SlidingWindow;
        if (LayerTypes is not null)
        {
            json["layer_types"] = new JsonArray([.. LayerTypes.Select(type => (JsonNode)type)]);
        }
    }
}
