using System.Text.Json.Nodes;
using OnnxEmbed.Models.Json;
using OnnxEmbed.Models.Packages;

namespace OnnxEmbed.Models.Architectures.Decoders;

/// <summary>
/// Config of a Gemma 2 or Gemma 3 (text) decoder (defaults: configuration_gemma2.py and configuration_gemma3.py of transformers 4.57).
/// </summary>
internal sealed record GemmaConfig : GroupedQueryConfig
{
    private const string Second = "gemma2";

    private const string Third = "gemma3_text";

    private readonly bool _isThird;

    private GemmaConfig(bool isThird) => _isThird = isThird;

    public override string ModelType => _isThird ? Third : Second;

    /// <summary>1 / s² of the scores s · Q Kᵀ.</summary>
    public double QueryPreAttnScalar { get; init; }

    /// <summary>c in c · tanh(scores / c); null for none.</summary>
    public double? AttnLogitSoftcapping { get; init; }

    /// <summary>c in c · tanh(logits / c) of the output head; null for none.</summary>
    public double? FinalLogitSoftcapping { get; init; }

    /// <summary>Every how many layers one reads everything; the others slide.</summary>
    public int SlidingWindowPattern { get; init; }

    /// <summary>Base of the wavelengths in the layers that slide, whose positions are never stretched.</summary>
    public double RopeLocalBaseFreq { get; init; }

    internal override string ModelClass => _isThird ? "Gemma3TextModel" : "Gemma2Model";

    internal override bool NormalizesHeads => _isThird;

    internal override double? LogitSoftCap => FinalLogitSoftcapping;

    // A window to one side becomes half of it to both sides, the query's own token included.
    private protected override int? EffectiveWindow =>
        _isThird && Attention == AttentionKind.Bidirectional ? (SlidingWindow / 2) + 1 : SlidingWindow;

    /// <summary>Positions in layers that slide.</summary>
    internal RotaryFrequencies LocalFrequencies() => _isThird ? RotaryFrequencies.Of(HeadDim, RopeLocalBaseFreq) : Frequencies();

    public static GemmaConfig Read(ConfigReader json)
    {
        bool third = json.ModelType == Third;
        JsonField rope = json["rope_parameters"];
        double Theta(string kind, string name, double fallback) => rope[kind].Exists
            ? json.Value(() => rope[kind]["rope_theta"].DoubleOr(fallback), fallback)
            : json.Number(name, fallback);
        return new GemmaConfig(third)
        {
            VocabSize = json.Size("vocab_size", third ? 262208 : 256000),
            HiddenSize = json.Needed("hidden_size"),
            NumHiddenLayers = json.Size("num_hidden_layers", 26),
            NumAttentionHeads = json.Size("num_attention_heads", 8),
            NumKeyValueHeads = json.Size("num_key_value_heads", 4),
            HeadDim = json.Size("head_dim", 256),
            IntermediateSize = json.Size("intermediate_size", 9216),
            MaxPositionEmbeddings = json.Size("max_position_embeddings", third ? 131072 : 8192),
            RmsNormEps = json.Number("rms_norm_eps", 1e-6),
            RopeTheta = third ? Theta("full_attention", "rope_theta", 1e6) : ReadTheta(json, 10000),
            RopeScaling = third && rope["full_attention"].Exists
                ? Architectures.RopeScaling.Read(json, rope["full_attention"])
                : ReadScaling(json),
            RopeLocalBaseFreq = third ? Theta("sliding_attention", "rope_local_base_freq", 10000) : 0,
            PartialRotaryFactor = ReadPartial(json),
            SlidingWindow = json.Size("sliding_window", 4096),
            SlidingWindowPattern = third ? json.Size("sliding_window_pattern", 6, alias: "_sliding_window_pattern") : 2,
            LayerTypes = json.TextsOrNull("layer_types"),
            QueryPreAttnScalar = json.Number("query_pre_attn_scalar", 256),

            // Absent is the default of Gemma 2; null is none.
            AttnLogitSoftcapping = !third && json["attn_logit_softcapping"].IsAbsent ? 50 : json.NumberOrNull("attn_logit_softcapping"),
            FinalLogitSoftcapping = !third && json["final_logit_softcapping"].IsAbsent ? 30 : json.NumberOrNull("final_logit_softcapping"),
            TieWordEmbeddings = json.Flag("tie_word_embeddings", true),
            AttentionBias = json.Flag("attention_bias"),
            HiddenAct = json.Text("hidden_activation", "gelu_pytorch_tanh"),
            InitializerRange = json.Number("initializer_range", 0.02),
            PadTokenId = json.Id("pad_token_id"),
            BosTokenId = json.Id("bos_token_id"),
            EosTokenId = json.Id("eos_token_id"),
            Attention = json.Attention(),
        };
    }

    internal override IEnumerable<string> GraphFaults() => base.GraphFaults().Concat(Faults(
        (QueryPreAttnScalar <= 0, "query_pre_attn_scalar", "a number above 0", QueryPreAttnScalar),
        (AttnLogitSoftcapping <= 0, "attn_logit_softcapping", "a number above 0, or null", AttnLogitSoftcapping),
        (
            _isThird && AttnLogitSoftcapping is not null,
            "attn_logit_softcapping", "null, the only value that Gemma 3 is defined with", AttnLogitSoftcapping),
        (FinalLogitSoftcapping <= 0, "final_logit_softcapping", "a number above 0, or null", FinalLogitSoftcapping),
        (_isThird && RopeLocalBaseFreq <= 1, "rope_local_base_freq", "a number above 1", RopeLocalBaseFreq)));

    private protected override bool SlidesByRule(int layer) => (layer + 1) % SlidingWindowPattern != 0;

    private protected override void Write(JsonObject json)
    {
        base.Write(json);
        json["hidden_activation"] = HiddenAct;
        json["query_pre_attn_scalar"] = QueryPreAttnScalar;
        json["attn_logit_softcapping"] = AttnLogitSoftcapping;
        json["final_logit_softcapping"] = FinalLogitSoftcapping;
        json["attention_bias"] = AttentionBias;
        WriteWindow(json);
        if (_isThird)
        {
            json["rope_local_base_freq"] = RopeLocalBaseFreq;
            json["sliding_window_pattern"] = SlidingWindowPattern;
            json["use_bidirectional_attention"] = Attention == AttentionKind.Bidirectional;
        }
    }
}
