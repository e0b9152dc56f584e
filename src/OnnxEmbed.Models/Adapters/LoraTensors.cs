using OnnxEmbed.Tensors;

namespace OnnxEmbed.Models.Adapters;

/// <summary>The tensors of one adapted layer as they are met in a file, and PEFT's names of them.</summary>
internal sealed class LoraTensors
{
    public const string Prefix = "base_model.model.";

    private static readonly string[] Suffixes =
    [
        ".lora_A.weight", ".lora_B.weight", ".lora_B.bias", ".lora_embedding_A", ".lora_embedding_B",
        ".lora_magnitude_vector", ".lora_magnitude_vector.weight", // the latter before PEFT 0.10
    ];

    private readonly Dictionary<string, TensorData> _tensors = new(StringComparer.Ordinal);

    /// <summary>Names that a file may hold, for messages.</summary>
    public static string Known => $"{Prefix}MODULE with {string.Join(", ", Suffixes[..^1])}, .weight or .bias";

    /// <summary>Parts a key into the layer's name and what the tensor is to it: one of the suffixes, or .weight and .bias of a whole tensor.</summary>
    public static bool TryPart(string key, out string module, out string suffix)
    {
        suffix = Array.Find(Suffixes, end => key.EndsWith(end, StringComparison.Ordinal)) ?? "";
        if (suffix.Length == 0 && !key.Contains(".lora_", StringComparison.Ordinal) && !key.Contains(".token_adapter.", StringComparison.Ordinal))
        {
            suffix = key.EndsWith(".weight", StringComparison.Ordinal) ? ".weight" : key.EndsWith(".bias", StringComparison.Ordinal) ? ".bias" : "";
        }

        bool known = suffix.Length > 0 && key.StartsWith(Prefix, StringComparison.Ordinal) && key.Length > Prefix.Length + suffix.Length;
        module = known ? key[Prefix.Length..^suffix.Length] : "";
        return known;
    }

    /// <summary>Whether a suffix is that of a whole parameter rather than of an adapted layer.</summary>
    public static bool IsWhole(string suffix) => suffix is ".weight" or ".bias";

    /// <summary>Adds what a file holds under <paramref name="suffix"/>; false if there is one of that kind already.</summary>
    public bool TryAdd(string suffix, TensorData tensor) =>
        _tensors.TryAdd(suffix == ".lora_magnitude_vector.weight" ? ".lora_magnitude_vector" : suffix, tensor);

    /// <summary>The layer, or null with what is wrong added to <paramref name="faults"/>.</summary>
    public LoraModule? ToModule(string name, LoraSettings settings, List<string> faults)
    {
        bool embedding = _tensors.Keys.Any(key => key.StartsWith(".lora_embedding", StringComparison.Ordinal));
        string nameA = embedding ? ".lora_embedding_A" : ".lora_A.weight";
        string nameB = embedding ? ".lora_embedding_B" : ".lora_B.weight";
        int rank = settings.RankOf(name);
        TensorData? a = _tensors.GetValueOrDefault(nameA);
        TensorData? b = _tensors.GetValueOrDefault(nameB);
        TensorData? magnitude = _tensors.GetValueOrDefault(".lora_magnitude_vector");
        TensorData? bias = _tensors.GetValueOrDefault(".lora_B.bias");
        int before = faults.Count;
        if (a is null || b is null || (embedding && _tensors.Keys.Any(key => key.StartsWith(".lora_A", StringComparison.Ordinal) || key.StartsWith(".lora_B", StringComparison.Ordinal))))
        {
            faults.Add($"{name} needs {nameA[1..]} and {nameB[1..]}, got {string.Join(", ", _tensors.Keys.Select(key => key[1..]).Order(StringComparer.Ordinal))} only");
            return null;
        }

        if (!a.ElementType.IsFloat() || !b.ElementType.IsFloat() || a.Shape is not [long rows, _] || b.Shape is not [_, long columns]
            || rows != rank || columns != rank)
        {
            faults.Add($"{name} needs A [{rank}, in] and B [out, {rank}] of a float type, got {a} and {b}");
            return null;
        }

        Check(magnitude, settings.UseDora, "lora_magnitude_vector", "use_dora");
        Check(bias, settings.LoraBias && !embedding, "lora_B.bias", "lora_bias");
        return faults.Count > before ? null : new LoraModule(name, a, b, settings.AlphaOf(name), settings.ScaleOf(name))
        {
            IsEmbedding = embedding,
            Magnitude = magnitude,
            Bias = bias,
        };

        void Check(TensorData? tensor, bool wanted, string what, string field)
        {
            if (tensor is null == wanted)
            {
                faults.Add(wanted ? $"{name} needs {what}, since the config says {field}" : $"{name} has {what}, yet the config does not say {field}");
            }
            else if (tensor is not null && (!tensor.ElementType.IsFloat() || tensor.ElementCount != b.Shape[0]))
            {
                faults.Add($"{name} needs {what} of {b.Shape[0]} elements of a float type, got {tensor}");
            }
        }
    }

    /// <summary>The tensors of a layer by their names in a file.</summary>
    public static IEnumerable<(string Key, TensorData Tensor)> Of(LoraModule module)
    {
        string start = Prefix + module.Module;
        yield return (start + (module.IsEmbedding ? ".lora_embedding_A" : ".lora_A.weight"), module.A);
        yield return (start + (module.IsEmbedding ? ".lora_embedding_B" : ".lora_B.weight"), module.B);
        if (module.Bias is { } bias)
        {
            yield return (start + ".lora_B.bias", bias);
        }

        if (module.Magnitude is { } magnitude)
        {
            yield return (start + ".lora_magnitude_vector", magnitude);
        }
    }
}
