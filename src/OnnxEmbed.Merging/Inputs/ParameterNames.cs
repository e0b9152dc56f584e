namespace OnnxEmbed.Merging.Inputs;

/// <summary>
/// Parameter names of a checkpoint, found from the names in a graph: the two differ by what wraps the model, such as <c>bert.</c>,
/// <c>model.</c> or <c>0.auto_model.</c>, and old checkpoints call weight and bias of a norm gamma and beta.
/// </summary>
internal sealed class ParameterNames
{
    private readonly Dictionary<string, string?> _byEnding = new(StringComparer.Ordinal);
    private readonly HashSet<string> _names;

    public ParameterNames(IEnumerable<string> names)
    {
        _names = [.. names];
        foreach (string name in _names)
        {
            string modern = Modern(name);
            for (string? ending = modern; ending is not null; ending = Shorter(ending))
            {
                // An ending that two names have belongs to neither.
                if (!_byEnding.TryAdd(ending, name) && _byEnding[ending] != name)
                {
                    _byEnding[ending] = _names.Contains(ending) ? ending : null;
                }
            }
        }
    }

    /// <summary>
    /// The name that is this one, or ends with it after a dot, or that it ends with; null where there is none or more than one.
    /// </summary>
    public string? Find(string name)
    {
        if (_names.Contains(name))
        {
            return name;
        }

        for (string? ending = Modern(name); ending is not null; ending = Shorter(ending))
        {
            // A last word alone, such as weight, names no parameter.
            if (!ending.Contains('.', StringComparison.Ordinal))
            {
                return null;
            }

            if (_byEnding.TryGetValue(ending, out string? found))
            {
                return found is not null && (ending == Modern(name) || Modern(found) == ending) ? found : null;
            }
        }

        return null;
    }

    private static string Modern(string name) => name.EndsWith(".gamma", StringComparison.Ordinal) ? name[..^6] + ".weight"
        : name.EndsWith(".beta", StringComparison.Ordinal) ? name[..^5] + ".bias" : name;

    private static string? Shorter(string name) => name.IndexOf('.', StringComparison.Ordinal) is var dot and >= 0 ? name[(dot + 1)..]
        : null;
}
