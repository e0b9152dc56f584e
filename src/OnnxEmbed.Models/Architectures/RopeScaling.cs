using System.Text.Json.Nodes;
using OnnxEmbed.Models.Json;
using OnnxEmbed.Models.Packages;

namespace OnnxEmbed.Models.Architectures;

/// <summary>How a config stretches rotary positions to longer texts: <c>rope_scaling</c> of a Hugging Face <c>config.json</c>.</summary>
/// <param name="Type">Kind of scaling (<c>rope_type</c>, or <c>type</c> in older files).</param>
public sealed record RopeScaling(string Type)
{
    internal const string Linear = "linear";
    internal const string Dynamic = "dynamic";
    internal const string Llama3 = "llama3";
    internal const string Yarn = "yarn";
    internal const string LongRope = "longrope";

    private static readonly string[] Known = [Linear, Dynamic, Llama3, Yarn, LongRope];

    /// <summary>How many times longer texts become.</summary>
    public double? Factor { get; init; }

    /// <summary>The longest text before the stretching, in tokens.</summary>
    public int? OriginalMaxPositionEmbeddings { get; init; }

    /// <summary>What sine and cosine are multiplied by; null for the formula of the kind (YaRN, LongRoPE).</summary>
    public double? AttentionFactor { get; init; }

    /// <summary>Llama 3: wavelengths above original / this are stretched in full.</summary>
    public double? LowFreqFactor { get; init; }

    /// <summary>Llama 3: wavelengths below original / this are not stretched.</summary>
    public double? HighFreqFactor { get; init; }

    /// <summary>YaRN: pairs that turn more often than this are not stretched; null for 32.</summary>
    public double? BetaFast { get; init; }

    /// <summary>YaRN: pairs that turn less often than this are stretched in full; null for 1.</summary>
    public double? BetaSlow { get; init; }

    /// <summary>YaRN: weight of the logarithm in the attention factor's numerator.</summary>
    public double? Mscale { get; init; }

    /// <summary>YaRN: weight of the logarithm in the attention factor's denominator.</summary>
    public double? MscaleAllDim { get; init; }

    /// <summary>YaRN: whether the bounds between the pairs are rounded to whole pairs.</summary>
    public bool Truncate { get; init; } = true;

    /// <summary>LongRoPE: divisors of the frequencies up to the original length.</summary>
    public IReadOnlyList<double>? ShortFactor { get; init; }

    /// <summary>LongRoPE: divisors of the frequencies above the original length.</summary>
    public IReadOnlyList<double>? LongFactor { get; init; }

    /// <summary>Reads <c>rope_scaling</c> of transformers 4 or <c>rope_parameters</c> of transformers 5; null for none.</summary>
    internal static RopeScaling? Read(ConfigReader json, JsonField field)
    {
        if (!field.Exists)
        {
            return null;
        }

        if (!field.IsObject)
        {
            return json.Value<RopeScaling?>(() => throw field.Fault("an object"), null);
        }

        double? Number(string name) => field[name].Exists ? json.Value<double?>(() => field[name].AsDouble(), null) : null;
        int? Positions(JsonField from) => from.Exists ? json.Value<int?>(() => from.AsInt32(1, 1 << 30), null) : null;
        IReadOnlyList<double>? Numbers(string name) => field[name].Exists
            ? json.Value<IReadOnlyList<double>?>(() => [.. field[name].Items().Select(item => item.AsDouble())], null)
            : null;
        JsonField kind = field["rope_type"].Exists ? field["rope_type"] : field["type"];
        string type = json.Value(() => kind.StringOr("default"), "default");

        // Files of Phi-3 before transformers 4.43 call it su or yarn.
        type = type == "su" || (type == Yarn && field["short_factor"].Exists) ? LongRope : type;
        return type == "default" ? null : new RopeScaling(type)
        {
            Factor = Number("factor"),
            OriginalMaxPositionEmbeddings = Positions(field["original_max_position_embeddings"])
                ?? (type == LongRope ? Positions(json["original_max_position_embeddings"]) : null),
            AttentionFactor = Number("attention_factor"),
            LowFreqFactor = Number("low_freq_factor"),
            HighFreqFactor = Number("high_freq_factor"),
            BetaFast = Number("beta_fast"),
            BetaSlow = Number("beta_slow"),
            Mscale = Number("mscale"),
            MscaleAllDim = Number("mscale_all_dim"),
            Truncate = json.Value(() => field["truncate"].BooleanOr(true), true),
            ShortFactor = Numbers("short_factor"),
            LongFactor = Numbers("long_factor"),
        };
    }

    /// <summary>What keeps the scaling from being built, one line each.</summary>
    /// <param name="width">d, the numbers of a head that turn.</param>
    internal IEnumerable<string> GraphFaults(int width)
    {
        bool factor = Type is Linear or Dynamic or Llama3;
        bool divisors = Type == LongRope;
        string each = $"{width / 2} numbers above 0, one for each pair of the {width} numbers of a head that turn";
        bool Wrong(IReadOnlyList<double>? list) => divisors && (list is null || list.Count != width / 2 || list.Any(value => value <= 0));
        return ModelConfig.Faults(
            (!Known.Contains(Type), "rope_scaling.rope_type", $"one of default, {string.Join(", ", Known)}, the ones that are built", Type),
            (factor && Factor is null or <= 0, "rope_scaling.factor", "a number above 0", Shown(Factor)),
            (Type is Yarn or LongRope && Factor <= 0, "rope_scaling.factor", "a number above 0", Shown(Factor)),
            (Type == Dynamic && width < 4, "rope_scaling", "heads of which 4 or more numbers turn", width),
            (
                Type == Llama3 && OriginalMaxPositionEmbeddings is null,
                "rope_scaling.original_max_position_embeddings", "a number of tokens", "nothing"),
            (Type == Llama3 && LowFreqFactor is null or <= 0, "rope_scaling.low_freq_factor", "a number above 0", Shown(LowFreqFactor)),
            (
                Type == Llama3 && (HighFreqFactor is null || HighFreqFactor <= LowFreqFactor),
                "rope_scaling.high_freq_factor", "a number above low_freq_factor", Shown(HighFreqFactor)),
            (Type == Yarn && BetaFast <= 0, "rope_scaling.beta_fast", "a number above 0", Shown(BetaFast)),
            (Type == Yarn && BetaSlow <= 0, "rope_scaling.beta_slow", "a number above 0", Shown(BetaSlow)),
            (Type is Yarn or LongRope && AttentionFactor <= 0, "rope_scaling.attention_factor", "a number above 0", Shown(AttentionFactor)),
            (Wrong(ShortFactor), "rope_scaling.short_factor", each, Shown(ShortFactor)),
            (Wrong(LongFactor), "rope_scaling.long_factor", each, Shown(LongFactor)));
    }

    internal JsonObject ToJson()
    {
        JsonObject json = new() { ["rope_type"] = Type };
        void Add(string name, JsonNode? value)
        {
            if (value is not null)
            {
                json[name] = value;
            }
        }

        Add("factor", Factor);
        Add("original_max_position_embeddings", OriginalMaxPositionEmbeddings);
        Add("attention_factor", AttentionFactor);
        Add("low_freq_factor", LowFreqFactor);
        Add("high_freq_factor", HighFreqFactor);
        Add("beta_fast", BetaFast);
        Add("beta_slow", BetaSlow);
        Add("mscale", Mscale);
        Add("mscale_all_dim", MscaleAllDim);
        Add("truncate", Truncate ? null : false);
        Add("short_factor", List(ShortFactor));
        Add("long_factor", List(LongFactor));
        return json;

        static JsonArray? List(IReadOnlyList<double>? values) => values is null ? null : [.. values.Select(value => (JsonNode)value)];
    }

    private static object Shown(double? number) => number is double value ? value : "nothing";

    private static string Shown(IReadOnlyList<double>? list) => list is null ? "nothing" : $"{list.Count} numbers";
}
