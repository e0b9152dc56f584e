using OnnxEmbed.Models.Json;
using OnnxEmbed.Tensors;

namespace OnnxEmbed.Models.Adapters;

/// <summary>
/// A LoRA adapter in PEFT's layout: <c>adapter_config.json</c> and <c>adapter_model.safetensors</c> with the keys
/// <c>base_model.model.MODULE.lora_A.weight</c> [r, in] and <c>….lora_B.weight</c> [out, r].
/// </summary>
public sealed class LoraAdapter : IDisposable
{
    /// <summary>Name of the tensor file in an adapter directory.</summary>
    public const string TensorsFileName = "adapter_model.safetensors";

    private const string Prefix = "base_model.model.";
    private const string SuffixA = ".lora_A.weight";
    private const string SuffixB = ".lora_B.weight";

    private readonly SafetensorsFile? _file;

    private LoraAdapter(LoraSettings settings, IReadOnlyList<LoraModule> modules, SafetensorsFile? file)
    {
        Settings = settings;
        Modules = modules;
        _file = file;
    }

    /// <summary>What the adapter's config says.</summary>
    public LoraSettings Settings { get; }

    /// <summary>The adapted layers in ordinal order of their names; their tensors are readable until <see cref="Dispose"/>.</summary>
    public IReadOnlyList<LoraModule> Modules { get; }

    /// <summary>Makes an adapter from trained matrices.</summary>
    /// <param name="settings">Ranks and alphas.</param>
    /// <param name="matrices">A [r, in] and B [out, r] by module name.</param>
    /// <exception cref="ShapeMismatchException">Matrices do not fit each other or the settings; all of them are listed.</exception>
    public static LoraAdapter Create(LoraSettings settings, IReadOnlyDictionary<string, (TensorData A, TensorData B)> matrices)
    {
        ArgumentNullException.ThrowIfNull(settings);
        ArgumentNullException.ThrowIfNull(matrices);
        Dictionary<string, (TensorData? A, TensorData? B)> pairs = [];
        foreach ((string module, (TensorData a, TensorData b)) in matrices)
        {
            pairs[module] = (a, b);
        }

        return new LoraAdapter(settings, Collect("adapter", settings, pairs), null);
    }

    /// <summary>Whether a path looks like an adapter: a directory with <c>adapter_config.json</c>.</summary>
    public static bool IsAdapter(string path) => File.Exists(Path.Combine(path, LoraSettings.FileName));

    /// <summary>Opens an adapter directory; the tensors stay in the mapped file.</summary>
    /// <exception cref="DataException">
    /// A file is missing or wrong, or uses a feature that is not supported; all faults of a file are listed.
    /// </exception>
    public static LoraAdapter Load(string directory)
    {
        ArgumentException.ThrowIfNullOrEmpty(directory);
        LoraSettings settings = LoraSettings.Read(JsonField.Read(Path.Combine(directory, LoraSettings.FileName)));
        string path = Path.Combine(directory, TensorsFileName);
        if (!File.Exists(path))
        {
            throw new DataException($"{path}: needs to exist, there is no such file");
        }

        SafetensorsFile file = SafetensorsFile.Open(path);
        try
        {
            Dictionary<string, (TensorData? A, TensorData? B)> matrices = new(StringComparer.Ordinal);
            FaultList faults = new();
            foreach ((string key, TensorData tensor) in file.Tensors)
            {
                string? suffix = key.EndsWith(SuffixA, StringComparison.Ordinal) ? SuffixA
                    : key.EndsWith(SuffixB, StringComparison.Ordinal) ? SuffixB : null;
                if (suffix is null || !key.StartsWith(Prefix, StringComparison.Ordinal) || key.Length <= Prefix.Length + suffix.Length)
                {
                    faults.Add($"{path}: needs tensors named {Prefix}MODULE{SuffixA} or {SuffixB}, got {key}");
                    continue;
                }

                string module = key[Prefix.Length..^suffix.Length];
                (TensorData? a, TensorData? b) = matrices.GetValueOrDefault(module);
                matrices[module] = suffix == SuffixA ? (tensor, b) : (a, tensor);
            }

            faults.ThrowIfAny();
            return new LoraAdapter(settings, Collect(path, settings, matrices), file);
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    /// <summary>Writes the two files into a directory, which is made if it is not there.</summary>
    /// <exception cref="OptionException">A file is there already and <paramref name="force"/> is not set.</exception>
    public void Save(string directory, bool force = false)
    {
        ArgumentException.ThrowIfNullOrEmpty(directory);
        Directory.CreateDirectory(directory);
        Dictionary<string, TensorData> tensors = [];
        foreach (LoraModule module in Modules)
        {
            tensors[Prefix + module.Module + SuffixA] = module.A;
            tensors[Prefix + module.Module + SuffixB] = module.B;
        }

        Dictionary<string, string> metadata = new() { ["format"] = "pt" };
        SafetensorsWriter.Write(Path.Combine(directory, TensorsFileName), tensors, metadata, force);
        using AtomicOutput config = AtomicOutput.File(Path.Combine(directory, LoraSettings.FileName), force);
        JsonText.Write(config.TemporaryPath, Settings.ToJson());
        config.Commit();
    }

    /// <inheritdoc/>
    public void Dispose() => _file?.Dispose();

    private static List<LoraModule> Collect(
        string where, LoraSettings settings, IReadOnlyDictionary<string, (TensorData? A, TensorData? B)> matrices)
    {
        List<LoraModule> modules = [];
        List<string> faults = [];
        foreach ((string name, (TensorData? a, TensorData? b)) in matrices.OrderBy(pair => pair.Key, StringComparer.Ordinal))
        {
            int rank = settings.RankOf(name);
            if (a is null || b is null)
            {
                faults.Add($"{name} needs lora_A and lora_B, got {(a is null ? "lora_B" : "lora_A")} only");
            }
            else if (!a.ElementType.IsFloat() || !b.ElementType.IsFloat() || a.Shape is not [long rows, _] || b.Shape is not [_, long columns]
                || rows != rank || columns != rank)
            {
                faults.Add($"{name} needs A [{rank}, in] and B [out, {rank}] of a float type, got {a} and {b}");
            }
            else
            {
                modules.Add(new LoraModule(name, a, b, settings.AlphaOf(name), settings.ScaleOf(name)));
            }
        }

        return faults.Count > 0 ? throw new ShapeMismatchException(where, faults)
            : modules.Count > 0 ? modules
            : throw new DataException($"{where}: needs at least one adapted module, got none");
    }
}
