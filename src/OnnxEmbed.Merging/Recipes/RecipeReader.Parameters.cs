namespace OnnxEmbed.Merging.Recipes;

/// <content>Parameters and their values by layer.</content>
internal sealed partial class RecipeReader
{
    private static readonly Dictionary<string, TensorPart> Parts = new(StringComparer.Ordinal)
    {
        ["pre"] = TensorPart.Pre,
        ["layers"] = TensorPart.Layers,
        ["post"] = TensorPart.Post,
    };

    /// <summary>The parameters at one place.</summary>
    public ParameterBlock Parameters(YamlNode node)
    {
        ParameterBlock block = [];
        if (node.IsNull)
        {
            return block;
        }

        if (node.Kind != YamlKind.Mapping)
        {
            faults.Add(node.Line, $"parameters: need names and values, got {node}");
            return block;
        }

        foreach ((YamlNode key, YamlNode value) in node.Entries)
        {
            if (!value.IsNull && Setting(key.Text, value, key.Line) is { } setting)
            {
                block.Add(key.Text, setting);
            }
        }

        return block;
    }

    /// <summary>A scalar, a gradient, or a list of values with filters.</summary>
    public ParameterSetting? Setting(string name, YamlNode value, int line)
    {
        if (value.Kind == YamlKind.Mapping)
        {
            faults.Add(value.Line,
                $"{name}: needs a value, a list of values over depth, or a list of {{filter, value}}; a single {{filter, value}} goes "
                    + "into a list, too");
            return null;
        }

        bool conditional = value.Kind == YamlKind.Sequence && value.Items.Any(item => item.Kind == YamlKind.Mapping);
        if (!conditional)
        {
            return Values(name, value) is { } values
                ? new ParameterSetting(name, [new ParameterEntry(null, null, values, value.Line)], line) : null;
        }

        List<ParameterEntry> entries = [.. value.Items.Select(item => Entry(name, item)).OfType<ParameterEntry>()];
        int rest = entries.FindIndex(entry => entry.Filter is null && entry.Part is null);
        if (rest >= 0 && rest < entries.Count - 1)
        {
            faults.Warn(entries[rest + 1].Line,
                $"{name}: is never reached, since the value on line {entries[rest].Line} is for every tensor");
        }

        return entries.Count == value.Items.Count ? new ParameterSetting(name, entries, line) : null;
    }

    private ParameterEntry? Entry(string name, YamlNode item)
    {
        if (item.Kind != YamlKind.Mapping)
        {
            // A bare value after values with filters is for the rest.
            return Values(name, item) is { } rest ? new ParameterEntry(null, null, rest, item.Line) : null;
        }

        Dictionary<string, YamlNode> fields = Fields(item, $"a value of {name}", ["filter", "part", "value"]);
        TensorFilter? filter = null;
        bool failed = false;
        if (fields.TryGetValue("filter", out YamlNode? text) && !text.IsNull && Word(text, "filter") is { } pattern && pattern != "*")
        {
            filter = TensorFilter.Parse(pattern, out string? fault);
            if (fault is not null)
            {
                faults.Add(text.Line, fault);
                failed = true;
            }
        }

        TensorPart? part = null;
        if (fields.TryGetValue("part", out YamlNode? where) && Word(where, "part") is { } word)
        {
            part = Parts.TryGetValue(word, out TensorPart known) ? known : null;
            if (part is null)
            {
                faults.Add(where.Line, $"part: needs one of {string.Join(", ", Parts.Keys)}, got '{word}'");
                failed = true;
            }
        }

        if (!fields.TryGetValue("value", out YamlNode? value))
        {
            faults.Add(item.Line, $"{name}: needs a value beside its filter");
            return null;
        }

        return Values(name, value) is { } values && !failed ? new ParameterEntry(filter, part, values, item.Line) : null;
    }

    private List<string>? Values(string name, YamlNode value)
    {
        if (value.Kind == YamlKind.Scalar && !value.IsNull)
        {
            return [Plain(value)];
        }

        if (value.Kind == YamlKind.Sequence && value.Items.Count > 0
            && value.Items.All(item => item.Kind == YamlKind.Scalar && !item.IsNull))
        {
            return [.. value.Items.Select(Plain)];
        }

        faults.Add(value.Line, $"{name}: needs a value or a list of values over depth, got {value}");
        return null;
    }

    /// <summary>A scalar as parameters read it: YAML's many words for a flag become two.</summary>
    private static string Plain(YamlNode node) => !node.IsPlain ? node.Text : node.Text.ToUpperInvariant() switch
    {
        "TRUE" or "YES" or "ON" => "true",
        "FALSE" or "NO" or "OFF" => "false",
        _ => node.Text,
    };
}
