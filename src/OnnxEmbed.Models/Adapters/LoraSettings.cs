using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using OnnxEmbed.Models.Json;
using OnnxEmbed.Tensors;

namespace OnnxEmbed.Models.Adapters;

/// <summary>
/// What <c>adapter_config.json</c> says, under PEFT's names and with its defaults
/// (https://github.com/huggingface/peft/blob/v0.17.1/src/peft/tuners/lora/config.py).
/// </summary>
public sealed record LoraSettings
{
    /// <summary>Name of the file in an adapter directory.</summary>
    public const string FileName = "adapter_config.json";

    // A pattern is a regular expression from a file.
    private static readonly TimeSpan TimeLimit = TimeSpan.FromSeconds(1);

    /// <summary>Rank of the modules that no pattern names.</summary>
    public required int R { get; init; }

    /// <summary>lora_alpha of the modules that no pattern names.</summary>
    public required double LoraAlpha { get; init; }

    /// <summary>Names or name endings of the adapted layers.</summary>
    public required IReadOnlyList<string> TargetModules { get; init; }

    /// <summary>Share of inputs dropped in training, [0, 1); it changes nothing at inference.</summary>
    public double LoraDropout { get; init; }

    /// <summary>Whether the scale is alpha / √r (Kalajdzievski 2023, arXiv:2312.03732) instead of alpha / r.</summary>
    public bool UseRslora { get; init; }

    /// <summary>Ranks of modules by name ending, in order; the first that fits counts.</summary>
    public IReadOnlyList<KeyValuePair<string, int>> RankPattern { get; init; } = [];

    /// <summary>Alphas of modules by name ending, in order; the first that fits counts.</summary>
    public IReadOnlyList<KeyValuePair<string, double>> AlphaPattern { get; init; } = [];

    /// <summary>What the adapter was trained on.</summary>
    public string BaseModelNameOrPath { get; init; } = "";

    /// <summary>r of a module.</summary>
    public int RankOf(string module) => Find(RankPattern, module, R);

    /// <summary>alpha of a module.</summary>
    public double AlphaOf(string module) => Find(AlphaPattern, module, LoraAlpha);

    /// <summary>The factor of B A for a module.</summary>
    public double ScaleOf(string module) => AlphaOf(module) / (UseRslora ? Math.Sqrt(RankOf(module)) : RankOf(module));

    internal static LoraSettings Read(JsonField json)
    {
        FaultList faults = new();
        faults.Value(() => json["peft_type"].AsString() == "LORA" ? true : throw json["peft_type"].Fault("LORA"), true);
        Refuse(json, faults, "use_dora", "false: weight-decomposed adapters (DoRA)");
        Refuse(json, faults, "lora_bias", "false: adapters with biases");
        Refuse(json, faults, "fan_in_fan_out", "false: layers with transposed weights");
        Refuse(json, faults, "use_qalora", "false: QALoRA");
        Refuse(json, faults, "use_bdlora", "null: block-diagonal adapters");
        Refuse(json, faults, "arrow_config", "null: Arrow adapters");
        Refuse(json, faults, "kasa_config", "null: KaSA adapters");
        Refuse(json, faults, "layer_replication", "null: replicated layers");
        Refuse(json, faults, "alora_invocation_tokens", "null: activated adapters");
        Refuse(json, faults, "modules_to_save", "null: whole modules in an adapter");
        Refuse(json, faults, "trainable_token_indices", "null: trained tokens");
        Refuse(json, faults, "target_parameters", "null: adapted parameters outside modules");
        if (json["bias"].Exists && json["bias"].StringOr("none") != "none")
        {
            faults.Add(json["bias"].Fault("none: trained biases are not supported").Message);
        }

        LoraSettings settings = new()
        {
            R = faults.Value(() => json["r"].Int32Or(8, 1, 1 << 20), 1),
            LoraAlpha = faults.Value(() => json["lora_alpha"].DoubleOr(8), 1),
            TargetModules = faults.Value(() => ReadTargets(json["target_modules"]), []),
            LoraDropout = faults.Value(() => json["lora_dropout"].DoubleOr(0), 0),
            UseRslora = faults.Value(() => json["use_rslora"].BooleanOr(false), false),
            RankPattern = faults.Value(() => ReadPattern(json["rank_pattern"], field => field.AsInt32(1, 1 << 20)), []),
            AlphaPattern = faults.Value(() => ReadPattern(json["alpha_pattern"], field => field.AsDouble()), []),
            BaseModelNameOrPath = faults.Value(() => json["base_model_name_or_path"].StringOr(""), ""),
        };
        faults.ThrowIfAny();
        return settings;
    }

    internal JsonObject ToJson() => new()
    {
        ["peft_type"] = "LORA",
        ["task_type"] = "FEATURE_EXTRACTION",
        ["auto_mapping"] = null,
        ["base_model_name_or_path"] = BaseModelNameOrPath,
        ["revision"] = null,
        ["inference_mode"] = true,
        ["r"] = R,
        ["lora_alpha"] = Number(LoraAlpha),
        ["lora_dropout"] = LoraDropout,
        ["target_modules"] = new JsonArray([.. TargetModules.Select(name => (JsonNode)name)]),
        ["exclude_modules"] = null,
        ["use_rslora"] = UseRslora,
        ["use_dora"] = false,
        ["bias"] = "none",
        ["lora_bias"] = false,
        ["fan_in_fan_out"] = false,
        ["init_lora_weights"] = true,
        ["modules_to_save"] = null,
        ["layers_to_transform"] = null,
        ["layers_pattern"] = null,
        ["rank_pattern"] = new JsonObject(RankPattern.Select(pair => KeyValuePair.Create(pair.Key, (JsonNode?)pair.Value))),
        ["alpha_pattern"] = new JsonObject(AlphaPattern.Select(pair => KeyValuePair.Create(pair.Key, (JsonNode?)Number(pair.Value)))),
    };

    // PEFT writes a whole alpha as an integer.
    private static JsonValue Number(double value) => value == Math.Truncate(value) && Math.Abs(value) < 1e15
        ? JsonValue.Create((long)value)
        : JsonValue.Create(value);

    private static void Refuse(JsonField json, FaultList faults, string name, string needs)
    {
        JsonField field = json[name];
        bool empty = !field.Exists || (field.IsArray ? field.Items().Count == 0 : !field.IsObject && field.Plain() is false);
        if (!empty)
        {
            faults.Add(field.Fault($"{needs} are not supported").Message);
        }
    }

    private static IReadOnlyList<string> ReadTargets(JsonField field) => field.IsArray
        ? [.. field.Items().Select(item => item.AsString())]
        : [field.AsString()];

    private static IReadOnlyList<KeyValuePair<string, T>> ReadPattern<T>(JsonField field, Func<JsonField, T> read) =>
        field.Exists ? [.. field.Members().Select(member => KeyValuePair.Create(member.Name, read(member.Value)))] : [];

    // As PEFT's get_pattern_key: re.match("(.*\.)?(KEY)$", module), the first key that fits.
    private static T Find<T>(IReadOnlyList<KeyValuePair<string, T>> patterns, string module, T fallback)
    {
        foreach ((string key, T value) in patterns)
        {
            try
            {
                if (Regex.IsMatch(module, $@"\A(.*\.)?({key})\z", RegexOptions.CultureInvariant, TimeLimit))
                {
                    return value;
                }
            }
            catch (Exception e) when (e is ArgumentException or RegexMatchTimeoutException)
            {
                throw new DataException($"{FileName}: rank_pattern and alpha_pattern need regular expressions, got \"{key}\": {e.Message}");
            }
        }

        return fallback;
    }
}
