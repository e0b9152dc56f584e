using OnnxEmbed.Models.Json;
using OnnxEmbed.Tensors;

namespace OnnxEmbed.Models.Adapters;

/// <summary>
/// A LoRA adapter in PEFT's layout: <c>adapter_config.json</c> and <c>adapter_model.safetensors</c> with the keys
/// <c>base_model.model.MODULE.lora_A.weight</c> [r, in] and <c>….lora_B.weight</c> [out, r]; for embeddings <c>….lora_embedding_A</c>
/// [r, vocabulary] and <c>….lora_embedding_B</c> [width, r]; <c>….lora_magnitude_vector</c> [out] (DoRA), <c>….lora_B.bias</c> [out], and
/// whole parameters (trained biases, modules_to_save) as <c>….weight</c> and <c>….bias</c>.
/// </summary>
public sealed class LoraAdapter : IDisposable
{
    /// <summary>Name of the tensor file in an adapter directory.</summary>
    public const string TensorsFileName = "adapter_model.safetensors";

    private readonly SafetensorsFile? _file;

    private LoraAdapter(
        LoraSettings settings, IReadOnlyList<LoraModule> modules, IReadOnlyDictionary<string, TensorData> whole, SafetensorsFile? file)
    {
        Settings = settings;
        Modules = modules;
        WholeTensors = whole;
        _file = file;
    }

    /// <summary>What the adapter's config says.</summary>
    public LoraSettings Settings { get; }

    /// <summary>The adapted layers in ordinal order of their names; their tensors are readable until <see cref="Dispose"/>.</summary>
    public IReadOnlyList<LoraModule> Modules { get; }

    /// <summary>Parameters that take the place of the model's, by name in ordinal order, as in <c>classifier.weight</c>.</summary>
    public IReadOnlyDictionary<string, TensorData> WholeTensors { get; }

    /// <summary>Makes an adapter from trained matrices of linear layers.</summary>
    /// <param name="settings">Ranks and alphas.</param>
    /// <param name="matrices">A [r, in] and B [out, r] by module name.</param>
    /// <exception cref="ShapeMismatchException">Matrices do not fit each other or the settings; all of them are listed.</exception>
    public static LoraAdapter Create(LoraSettings settings, IReadOnlyDictionary<string, (TensorData A, TensorData B)> matrices)
    {
        ArgumentNullException.ThrowIfNull(matrices);
        return Create(settings, [.. matrices.Select(pair => new LoraModule(pair.Key, pair.Value.A, pair.Value.B, 0, 0))]);
    }

    /// <summary>Makes an adapter from layers of any kind.</summary>
    /// <param name="settings">Ranks and alphas, which also replace those of <paramref name="modules"/>.</param>
    /// <param name="modules">The layers.</param>
    /// <param name="wholeTensors">Parameters that take the place of the model's, by name; null for none.</param>
    /// <exception cref="ShapeMismatchException">Tensors do not fit each other or the settings; all of them are listed.</exception>
    public static LoraAdapter Create(
        LoraSettings settings, IReadOnlyList<LoraModule> modules, IReadOnlyDictionary<string, TensorData>? wholeTensors = null)
    {
        ArgumentNullException.ThrowIfNull(settings);
        ArgumentNullException.ThrowIfNull(modules);
        Dictionary<string, TensorData> keys = new(StringComparer.Ordinal);
        foreach ((string key, TensorData tensor) in modules.SelectMany(LoraTensors.Of))
        {
            keys.Add(key, tensor);
        }

        foreach ((string name, TensorData tensor) in wholeTensors ?? new Dictionary<string, TensorData>())
        {
            keys.Add(LoraTensors.Prefix + name, tensor);
        }

        return Collect("adapter", settings, keys, null);
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
            string pickled = File.Exists(Path.Combine(directory, "adapter_model.bin")) ? "; adapter_model.bin holds Python objects and is not read" : "";
            throw new DataException($"{path}: needs to exist, there is no such file{pickled}");
        }

        SafetensorsFile file = SafetensorsFile.Open(path);
        try
        {
            return Collect(path, settings, file.Tensors, file);
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
        foreach ((string key, TensorData tensor) in Modules.SelectMany(LoraTensors.Of))
        {
            tensors.Add(key, tensor);
        }

        foreach ((string name, TensorData tensor) in WholeTensors)
        {
            tensors.Add(LoraTensors.Prefix + name, tensor);
        }

        Dictionary<string, string> metadata = new() { ["format"] = "pt" };
        SafetensorsWriter.Write(Path.Combine(directory, TensorsFileName), tensors, metadata, force);
        using AtomicOutput config = AtomicOutput.File(Path.Combine(directory, LoraSettings.FileName), force);
        JsonText.Write(config.TemporaryPath, Settings.ToJson());
        config.Commit();
    }

    /// <inheritdoc/>
    public void Dispose() => _file?.Dispose();

    /// <summary>Throws unless the adapter is A and B of linear layers and nothing else.</summary>
    /// <param name="where">What needs that, for the message.</param>
    /// <exception cref="DataException">It has more; everything is named.</exception>
    public void RequirePlain(string where)
    {
        List<string> more = [];
        void Name(string what, IEnumerable<string> names)
        {
            string[] all = [.. names];
            if (all.Length > 0)
            {
                more.Add($"{what} of {string.Join(", ", all.Take(3))}{(all.Length > 3 ? $" and {all.Length - 3} more" : "")}");
            }
        }

        Name("magnitudes (DoRA)", Modules.Where(module => module.Magnitude is not null).Select(module => module.Module));
        Name("biases (lora_bias)", Modules.Where(module => module.Bias is not null).Select(module => module.Module));
        Name("embedding factors", Modules.Where(module => module.IsEmbedding).Select(module => module.Module));
        Name("whole values", WholeTensors.Keys);
        if (more.Count > 0)
        {
            throw new DataException($"{where}: needs an adapter with lora_A and lora_B of linear layers only, got {string.Join(", ", more)}");
        }
    }

    private static LoraAdapter Collect(
        string where, LoraSettings settings, IReadOnlyDictionary<string, TensorData> tensors, SafetensorsFile? file)
    {
        SortedDictionary<string, LoraTensors> layers = new(StringComparer.Ordinal);
        SortedDictionary<string, TensorData> whole = new(StringComparer.Ordinal);
        FaultList unknown = new();
        foreach ((string key, TensorData tensor) in tensors)
        {
            if (!LoraTensors.TryPart(key, out string module, out string suffix))
            {
                unknown.Add($"{where}: needs tensors named {LoraTensors.Known}, got {key}");
            }
            else if (LoraTensors.IsWhole(suffix))
            {
                whole.Add(module + suffix, tensor);
            }
            else
            {
                if (!layers.TryGetValue(module, out LoraTensors? layer))
                {
                    layers.Add(module, layer = new LoraTensors());
                }

                if (!layer.TryAdd(suffix, tensor))
                {
                    unknown.Add($"{where}: needs one {suffix[1..]} for {module}, got two");
                }
            }
        }

        unknown.ThrowIfAny();
        List<string> faults = [];
        List<LoraModule> modules = [];
        foreach ((string name, LoraTensors layer) in layers)
        {
            if (layer.ToModule(name, settings, faults) is { } module)
            {
                modules.Add(module);
            }
        }

        faults.AddRange(whole.Where(entry => !entry.Value.ElementType.IsFloat()).Select(entry => $"{entry.Key} needs a float type, got {entry.Value}"));
        faults.AddRange(whole.Keys.Where(name => modules.Exists(module => module.Parameter == name)).Select(name => $"{name} is given whole and as a change"));
        return faults.Count > 0 ? throw new ShapeMismatchException(where, faults)
            : modules.Count > 0 ? new LoraAdapter(settings, modules, whole, file)
            : throw new DataException($"{where}: needs at least one adapted module, got none");
    }
}
