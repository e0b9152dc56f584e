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

    /// <summary>
    /// Whether each module has a magnitude vector: W' = m · (W + ΔW) / ‖W + ΔW‖, the norm over the inputs (DoRA, Liu et al. 2024,
    /// arXiv:2402.09353, eq. 5).
    /// </summary>
    public bool UseDora { get; init; }

    /// <summary>Whether B of each linear layer has a bias, which changes the layer's bias by scale · bias.</summary>
    public bool LoraBias { get; init; }

    /// <summary>Whether the adapted layers hold their weights as [in, out], as GPT-2 does. A and B lie the usual way all the same.</summary>
    public bool FanInFanOut { get; init; }

    /// <summary>Which biases of the model were trained: <c>none</c>, <c>all</c> or <c>lora_only</c>.</summary>
    public string Bias { get; init; } = "none";

    /// <summary>Names or name endings of the layers that were trained and stored whole.</summary>
    public IReadOnlyList<string> ModulesToSave { get; init; } = [];

    /// <summary>What the adapter was trained on.</summary>
    public string BaseModelNameOrPath { get; init; } = "";

    /// <summary>r of a module.</summary>
    public int RankOf(string module) => Find(RankPattern, module, R);

    /// <summary>alpha of a module.</summary>
    public double AlphaOf(string module) => Find(AlphaPattern, module, LoraAlpha);

    /// <summary>The factor of B A for a module.</summary>
    public double ScaleOf(string module) => AlphaOf(module) / (UseRslora ? Math.Sqrt(RankOf(module)) : RankOf(module));

    /// <summary>The file that was read, whose other fields are written again; null for settings made in code.</summary>
    internal JsonObject? Source { get; init; }

    internal static LoraSettings Read(JsonField json)
    {
        FaultList faults = new();
        faults.Value(() => json["peft_type"].AsString() == "LORA" ? true : throw json["peft_type"].Fault("LORA"), true);
        LoraFeatures.Refuse(json, faults);
        LoraSettings settings = new()
        {
            R = faults.Value(() => json["r"].Int32Or(8, 1, 1 << 20), 1),
            LoraAlpha = faults.Value(() => json["lora_alpha"].DoubleOr(8), 1),
            TargetModules = faults.Value(() => ReadNames(json["target_modules"]), []),
            LoraDropout = faults.Value(() => json["lora_dropout"].DoubleOr(0), 0),
            UseRslora = faults.Value(() => json["use_rslora"].BooleanOr(false), false),
            UseDora = faults.Value(() => json["use_dora"].BooleanOr(false), false),
            LoraBias = faults.Value(() => json["lora_bias"].BooleanOr(false), false),
            FanInFanOut = faults.Value(() => json["fan_in_fan_out"].BooleanOr(false), false),
            Bias = faults.Value(() => ReadBias(json["bias"]), "none"),
            ModulesToSave = faults.Value(() => json["modules_to_save"].Exists ? ReadNames(json["modules_to_save"]) : [], []),
            RankPattern = faults.Value(() => ReadPattern(json["rank_pattern"], field => field.AsInt32(1, 1 << 20)), []),
            AlphaPattern = faults.Value(() => ReadPattern(json["alpha_pattern"], field => field.AsDouble()), []),
            BaseModelNameOrPath = faults.Value(() => json["base_model_name_or_path"].StringOr(""), ""),
            Source = json.Plain() as JsonObject,
        };
        faults.ThrowIfAny();
        return settings;
    }

    /// <summary>The file's content: PEFT's fields, after them those of <see cref="Source"/> that are not known here.</summary>
    internal JsonObject ToJson()
    {
        JsonObject json = new()
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
            ["target_modules"] = Targets(),
            ["exclude_modules"] = null,
            ["use_rslora"] = UseRslora,
            ["use_dora"] = UseDora,
            ["bias"] = Bias,
            ["lora_bias"] = LoraBias,
            ["fan_in_fan_out"] = FanInFanOut,
            ["init_lora_weights"] = true,
            ["modules_to_save"] = ModulesToSave.Count == 0 ? null : Names(ModulesToSave),
            ["layers_to_transform"] = null,
            ["layers_pattern"] = null,
            ["rank_pattern"] = new JsonObject(RankPattern.Select(pair => KeyValuePair.Create(pair.Key, (JsonNode?)pair.Value))),
            ["alpha_pattern"] = new JsonObject(AlphaPattern.Select(pair => KeyValuePair.Create(pair.Key, (JsonNode?)Number(pair.Value)))),
        };
        foreach ((string name, JsonNode? value) in Source ?? [])
        {
            if (!json.ContainsKey(name) || LoraFeatures.KeptAsRead.Contains(name))
            {
                json[name] = value?.DeepClone();
            }
        }

        return json;
    }

    private static JsonArray Names(IReadOnlyList<string> names) => [.. names.Select(name => (JsonNode)name)];

    // A regular expression or "all-linear" is a text, not a list of one name.
    private JsonNode Targets() => Source?["target_modules"] is JsonValue text && TargetModules is [string only] && text.ToString() == only
        ? only
        : Names(TargetModules);

    private static string ReadBias(JsonField field) => field.StringOr("none") is "none" or "all" or "lora_only"
        ? field.StringOr("none")
        : throw field.Fault("none, all or lora_only");

    // PEFT writes a whole alpha as an integer.
    private static JsonValue Number(double value) => value == Math.Truncate(value) && Math.Abs(value) < 1e15
        ? JsonValue.Create((long)value)
        : JsonValue.Create(value);

    private static IReadOnlyList<string> ReadNames(JsonField field) => field.IsArray
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
