using OnnxEmbed.Models.Json;

namespace OnnxEmbed.Models.Adapters;

/// <summary>
/// Fields of <c>adapter_config.json</c> that change what an adapter means in a way that is not computed here, so that they are refused
/// rather than passed over (https://github.com/huggingface/peft/blob/main/src/peft/tuners/lora/config.py).
/// </summary>
internal static class LoraFeatures
{
    /// <summary>Fields that have no meaning here and are written as they were read.</summary>
    public static readonly IReadOnlySet<string> KeptAsRead = new HashSet<string>(StringComparer.Ordinal)
    {
        "task_type", "auto_mapping", "revision", "inference_mode", "exclude_modules", "init_lora_weights", "layers_to_transform", "layers_pattern",
    };

    private static readonly (string Name, string Needs)[] Refused =
    [
        ("use_qalora", "false: QALoRA"),
        ("use_bdlora", "null: block-diagonal adapters"),
        ("arrow_config", "null: Arrow adapters"),
        ("kasa_config", "null: KaSA adapters"),
        ("monteclora_config", "null: MonteCLoRA adapters"),
        ("layer_replication", "null: replicated layers"),
        ("alora_invocation_tokens", "null: activated adapters"),
        ("trainable_token_indices", "null: trained tokens"),
        ("target_parameters", "null: adapted parameters outside modules"),
    ];

    /// <summary>Fields that say how or where training went, and nothing about what the tensors mean.</summary>
    private static readonly HashSet<string> Harmless = new(StringComparer.Ordinal)
    {
        "peft_type", "peft_version", "base_model_name_or_path", "r", "lora_alpha", "lora_dropout", "target_modules", "use_rslora", "use_dora",
        "lora_bias", "fan_in_fan_out", "bias", "modules_to_save", "rank_pattern", "alpha_pattern", "megatron_config", "megatron_core",
        "loftq_config", "eva_config", "corda_config", "lora_ga_config", "velora_config", "qalora_group_size", "runtime_config",
        "ensure_weight_tying",
    };

    /// <summary>Starts of training that subtract B₀A₀ from the base model: the adapter does not fit the base that a user has.</summary>
    private static readonly string[] StartsThatChangeTheBase = ["pissa", "olora", "corda", "loftq", "lora_ga"];

    public static void Refuse(JsonField json, FaultList faults)
    {
        foreach ((string name, string needs) in Refused.Where(refused => !IsEmpty(json[refused.Name])))
        {
            faults.Add(json[name].Fault($"{needs} are not supported").Message);
        }

        JsonField start = json["init_lora_weights"];
        if (start.IsString && Array.Find(StartsThatChangeTheBase, start.AsString().StartsWith) is not null)
        {
            faults.Add(start.Fault(
                "true: that start changed the weights of the base; PEFT converts the adapter with path_initial_model_for_weight_conversion").Message);
        }

        HashSet<string> named = [.. Refused.Select(refused => refused.Name)];
        if (json.IsObject)
        {
            foreach ((string name, JsonField value) in json.Members())
            {
                if (!named.Contains(name) && !Harmless.Contains(name) && !KeptAsRead.Contains(name) && !IsEmpty(value))
                {
                    faults.Add(value.Fault("to be absent: a field of that name is not known").Message);
                }
            }
        }
    }

    private static bool IsEmpty(JsonField field) =>
        !field.Exists || (field.IsArray ? field.Items().Count == 0 : field.IsObject ? !field.Members().Any() : field.Plain() is false);
}
