using OnnxEmbed.Models.Json;
using OnnxEmbed.Tensors;

namespace OnnxEmbed.Models.Importing;

/// <summary>
/// The weights of a Hugging Face directory, mapped and not loaded: <c>model.safetensors</c>, or the parts that
/// <c>model.safetensors.index.json</c> lists, or the only other safetensors file of the directory.
/// </summary>
internal sealed class Checkpoint : IDisposable
{
    private const string Single = "model.safetensors";
    private const string Index = "model.safetensors.index.json";
    private const string Adapter = "adapter_model.safetensors";

    private readonly List<SafetensorsFile> _files = [];
    private readonly Dictionary<string, TensorData> _tensors = new(StringComparer.Ordinal);
    private readonly Dictionary<string, string> _aliases = new(StringComparer.Ordinal);

    private Checkpoint(string directory) => Directory = directory;

    /// <summary>The directory.</summary>
    public string Directory { get; }

    /// <summary>Names of the weight files, relative to the directory, in ordinal order.</summary>
    public IReadOnlyList<string> Files => [.. _files.Select(file => Path.GetFileName(file.Path)).Order(StringComparer.Ordinal)];

    /// <summary>Tensors under the names of the files.</summary>
    public IReadOnlyDictionary<string, TensorData> Tensors => _tensors;

    /// <summary>Names of tensors that share their storage with another and are kept in the metadata only: alias to the name that is stored.</summary>
    public IReadOnlyDictionary<string, string> Aliases => _aliases;

    /// <exception cref="DataException">There are no weights, or they are not what the format demands; all faults are listed.</exception>
    public static Checkpoint Open(string directory)
    {
        Checkpoint checkpoint = new(directory);
        try
        {
            string index = Path.Combine(directory, Index);
            string single = Path.Combine(directory, Single);
            if (!File.Exists(single) && File.Exists(index))
            {
                checkpoint.AddParts(index);
            }
            else
            {
                SafetensorsFile file = SafetensorsFile.Open(File.Exists(single) ? single : OnlyFile(directory));
                checkpoint.Add(file, file.Tensors.Keys);
            }

            return checkpoint;
        }
        catch
        {
            checkpoint.Dispose();
            throw;
        }
    }

    public static bool Exists(string directory) => System.IO.Directory.Exists(directory)
        && System.IO.Directory.EnumerateFiles(directory, "*.safetensors").Any(path => Path.GetFileName(path) != Adapter);

    public void Dispose() => _files.ForEach(file => file.Dispose());

    private static string OnlyFile(string directory)
    {
        string[] found = [.. System.IO.Directory.GetFiles(directory, "*.safetensors").Where(path => Path.GetFileName(path) != Adapter)];
        if (found.Length == 1)
        {
            return found[0];
        }

        // A pickle runs code when it is read.
        string got = found.Length > 1 ? string.Join(", ", found.Select(Path.GetFileName).Order(StringComparer.Ordinal))
            : File.Exists(Path.Combine(directory, "pytorch_model.bin")) ? "pytorch_model.bin, which cannot be read safely; save it as safetensors"
            : "none";
        throw new DataException($"{directory}: needs the weights as {Single} or {Index} with its parts, got {got}");
    }

    private void AddParts(string index)
    {
        FaultList faults = new();
        Dictionary<string, List<(string Tensor, JsonField Entry)>> parts = new(StringComparer.Ordinal);
        foreach ((string tensor, JsonField entry) in JsonField.Read(index)["weight_map"].Members())
        {
            string part = faults.Value(entry.AsString, "");
            if (part.Length == 0 || Path.GetFileName(part) != part || part == "..")
            {
                faults.Add(entry.Fault("the name of a file beside the index").Message);
                continue;
            }

            if (!parts.TryGetValue(part, out List<(string, JsonField)>? tensors))
            {
                parts.Add(part, tensors = []);
            }

            tensors.Add((tensor, entry));
        }

        foreach ((string part, List<(string Tensor, JsonField Entry)> tensors) in parts.OrderBy(part => part.Key, StringComparer.Ordinal))
        {
            string path = Path.Combine(Directory, part);
            if (!File.Exists(path))
            {
                faults.Add($"{path}: needs to exist, {Index} lists {tensors.Count} tensors in it");
                continue;
            }

            SafetensorsFile? file = faults.Value<SafetensorsFile?>(() => SafetensorsFile.Open(path), null);
            if (file is null)
            {
                continue;
            }

            string[] lost = [.. tensors.Select(each => each.Tensor).Where(name => !file.Tensors.ContainsKey(name))];
            if (lost.Length > 0)
            {
                faults.Add($"{path}: needs the tensors that {Index} lists in it, there is no {ShortList.Of(lost)}");
            }

            Add(file, tensors.Select(each => each.Tensor).Except(lost));
        }

        faults.ThrowIfAny();
    }

    private void Add(SafetensorsFile file, IEnumerable<string> names)
    {
        _files.Add(file);
        foreach (string name in names)
        {
            _tensors[name] = file.Tensors[name];
        }

        foreach ((string alias, string name) in file.Metadata.Where(entry => file.Tensors.ContainsKey(entry.Value)))
        {
            _aliases[alias] = name;
        }
    }
}
