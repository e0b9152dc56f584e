using OnnxEmbed.Models.Architectures;
using OnnxEmbed.Tensors;

namespace OnnxEmbed.Models.Importing;

/// <summary>
/// Finds the parameters of a graph in a checkpoint: under their names, behind one of the architecture's prefixes, under the names that
/// TensorFlow gave to layer normalisations, or as an alias of the metadata.
/// </summary>
internal sealed class CheckpointNames
{
    // transformers renames these when it loads BERT's first checkpoints (modeling_utils.py, _fix_state_dict_key_on_load).
    private static readonly (string Old, string New)[] OldEndings = [("LayerNorm.gamma", "LayerNorm.weight"), ("LayerNorm.beta", "LayerNorm.bias")];

    private readonly Checkpoint _checkpoint;
    private readonly Dictionary<string, List<string>> _stored;
    private readonly HashSet<string> _used = new(StringComparer.Ordinal);

    public CheckpointNames(Checkpoint checkpoint, Architecture architecture)
    {
        _checkpoint = checkpoint;
        string[] prefixes = [.. architecture.Prefixes.OrderByDescending(prefix => prefix.Length)];
        string Canonical(string name)
        {
            string bare = prefixes.FirstOrDefault(prefix => name.StartsWith(prefix, StringComparison.Ordinal)) is string prefix ? name[prefix.Length..] : name;
            foreach ((string old, string now) in OldEndings)
            {
                bare = bare.EndsWith(old, StringComparison.Ordinal) ? bare[..^old.Length] + now : bare;
            }

            return bare;
        }

        _stored = checkpoint.Tensors.Keys.GroupBy(Canonical).ToDictionary(group => group.Key, group => group.ToList(), StringComparer.Ordinal);
        foreach ((string alias, string name) in checkpoint.Aliases)
        {
            if (checkpoint.Tensors.ContainsKey(name))
            {
                _stored.TryAdd(Canonical(alias), [name]);
            }
        }
    }

    /// <summary>Names in the files that no parameter took, in ordinal order.</summary>
    public IReadOnlyList<string> Unused => [.. _checkpoint.Tensors.Keys.Except(_used).Order(StringComparer.Ordinal)];

    /// <summary>The tensors of all parameters.</summary>
    /// <exception cref="DataException">Tensors are missing, of a wrong shape or type, or there twice; all of them are listed.</exception>
    public IReadOnlyDictionary<string, TensorData> Find(IReadOnlyList<(string Name, long[] Shape)> parameters)
    {
        Dictionary<string, TensorData> found = new(StringComparer.Ordinal);
        List<string> faults = [];
        foreach ((string name, long[] shape) in parameters)
        {
            string needs = $"{name} [{string.Join(", ", shape)}]";
            if (!_stored.TryGetValue(name, out List<string>? stored))
            {
                faults.Add($"{needs}, there is none");
                continue;
            }

            _used.UnionWith(stored);
            TensorData data = _checkpoint.Tensors[stored[0]];
            if (stored.Count > 1)
            {
                faults.Add($"{needs} once, got {string.Join(" and ", stored)}");
            }
            else if (!data.Shape.SequenceEqual(shape))
            {
                faults.Add($"{needs}, got {data}");
            }
            else if (data.ElementType is not (ElementType.Float32 or ElementType.Float16 or ElementType.BFloat16))
            {
                faults.Add($"{needs} as f32, f16 or bf16, got {data}");
            }

            found[name] = data;
        }

        return faults.Count == 0
            ? found
            : throw new DataException($"{_checkpoint.Directory}: needs the tensors {ShortList.Of(faults, "; ")}");
    }
}
