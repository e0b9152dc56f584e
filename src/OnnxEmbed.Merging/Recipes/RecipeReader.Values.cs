using OnnxEmbed.Tensors;

namespace OnnxEmbed.Merging.Recipes;

/// <content>Types, settings, and what all fields share.</content>
internal sealed partial class RecipeReader
{
    private static readonly Dictionary<string, ElementType> Dtypes = new(StringComparer.Ordinal)
    {
        ["bfloat16"] = ElementType.BFloat16,
        ["float16"] = ElementType.Float16,
        ["float32"] = ElementType.Float32,
        ["float64"] = ElementType.Float64,
    };

    private ElementType? Dtype(YamlNode node, string what)
    {
        if (node.IsNull || Word(node, what) is not { } text)
        {
            return null;
        }

        string name = text.StartsWith("torch.", StringComparison.Ordinal) ? text[6..] : text;
        if (Dtypes.TryGetValue(name, out ElementType type))
        {
            return type;
        }

        faults.Add(node.Line, name == "int64"
            ? $"{what}: needs a floating-point type ({string.Join(", ", Dtypes.Keys)}), got 'int64', in which no weight can be kept"
            : $"{what}: needs one of {string.Join(", ", Dtypes.Keys)}, got '{text}'");
        return null;
    }

    /// <summary>Options that mergekit's schema has no field for.</summary>
    private List<(RecipeSetting Setting, string Value, int Line)> Settings(YamlNode node)
    {
        Dictionary<string, YamlNode> fields = Fields(node, "onnxembed", [.. RecipeSetting.All.Select(setting => setting.Name)]);
        List<(RecipeSetting, string, int)> settings = [];
        foreach (RecipeSetting setting in RecipeSetting.All)
        {
            if (fields.TryGetValue(setting.Name, out YamlNode? value) && Word(value, setting.Name) is not null)
            {
                settings.Add((setting, Plain(value), value.Line));
            }
        }

        return settings;
    }

    /// <summary>The fields of a mapping by name; unknown ones are faults.</summary>
    private Dictionary<string, YamlNode> Fields(YamlNode node, string what, string[] known)
    {
        Dictionary<string, YamlNode> fields = new(StringComparer.Ordinal);
        if (node.Kind != YamlKind.Mapping)
        {
            faults.Add(node.Line, $"{what}: needs names and values ({string.Join(", ", known)}), got {node}");
            return fields;
        }

        foreach ((YamlNode key, YamlNode value) in node.Entries)
        {
            if (known.Contains(key.Text, StringComparer.Ordinal))
            {
                if (!value.IsNull)
                {
                    fields.Add(key.Text, value);
                }
            }
            else
            {
                string hint = OtherTools.TryGetValue(key.Text, out string? other) ? $"; {other}" : "";
                faults.Add(key.Line, $"'{key.Text}': not a name of {what}; known: {string.Join(", ", known)}{hint}");
            }
        }

        return fields;
    }

    private string? Word(YamlNode node, string what)
    {
        if (node.Kind == YamlKind.Scalar && !node.IsNull)
        {
            return node.Text;
        }

        faults.Add(node.Line, $"{what}: needs a text, got {node}");
        return null;
    }

    private List<T> List<T>(YamlNode node, string what, Func<YamlNode, T?> read)
        where T : class
    {
        if (node is { Kind: YamlKind.Sequence, Items.Count: > 0 })
        {
            return [.. node.Items.Select(read).OfType<T>()];
        }

        faults.Add(node.Line, $"{what}: needs a list, got {(node.Kind == YamlKind.Sequence ? "an empty one" : node)}");
        return [];
    }
}
