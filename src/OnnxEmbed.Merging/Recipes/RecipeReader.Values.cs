using System.Globalization;
using OnnxEmbed.Tensors;

namespace OnnxEmbed.Merging.Recipes;

/// <content>Models, types, tokenizers and parameters.</content>
internal sealed partial class RecipeReader
{
    private static readonly Dictionary<string, ElementType> Dtypes = new(StringComparer.Ordinal)
    {
        ["bfloat16"] = ElementType.BFloat16,
        ["float16"] = ElementType.Float16,
        ["float32"] = ElementType.Float32,
        ["float64"] = ElementType.Float64,
    };

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

    /// <summary>
    /// <c>path[@revision][+lora[@revision]]</c> or {model: {path, revision}, lora: {path, revision}, override_architecture}.
    /// </summary>
    private ModelReference? Reference(YamlNode node, string what)
    {
        if (node.Kind == YamlKind.Scalar && !node.IsNull)
        {
            return Reference(node.Text, what, node.Line);
        }

        if (node.Kind != YamlKind.Mapping)
        {
            faults.Add(node.Line, $"{what}: needs a model, got {node}");
            return null;
        }

        Dictionary<string, YamlNode> fields = Fields(node, what, ["model", "lora", "loras", "override_architecture"]);
        if (fields.TryGetValue("override_architecture", out YamlNode? architecture))
        {
            faults.Warn(architecture.Line, "override_architecture: the graph of the model says what it is; it is passed over");
        }

        string? path = fields.TryGetValue("model", out YamlNode? model) ? ModelPath(model) : null;
        if (path is null)
        {
            if (model is null)
            {
                faults.Add(node.Line, $"{what}: needs a model, got none");
            }

            return null;
        }

        List<string> adapters = [];
        if (fields.TryGetValue("lora", out YamlNode? lora) && !lora.IsNull && ModelPath(lora) is { } adapter)
        {
            adapters.Add(adapter);
        }

        if (fields.TryGetValue("loras", out YamlNode? loras))
        {
            double[] weights = [.. adapters.Select(_ => 1.0)];
            (string Path, double Weight)[] several = [.. List(loras, "loras", WeightedAdapter).Select(each => (each.Item1, each.Item2))];
            adapters.AddRange(several.Select(each => each.Path));
            weights = [.. weights, .. several.Select(each => each.Weight)];
            return new ModelReference(path, adapters, node.Line) { AdapterWeights = weights.All(weight => weight == 1) ? [] : weights };
        }

        return new ModelReference(path, adapters, node.Line);
    }

    private ModelReference? Reference(string text, string what, int line)
    {
        if (System.IO.Path.Exists(text))
        {
            return new ModelReference(text, [], line);
        }

        string[] parts = [.. text.Split('+').Select(part => WithoutRevision(part, line))];
        if (parts.All(part => part.Length > 0))
        {
            return new ModelReference(parts[0], parts[1..], line);
        }

        faults.Add(line, $"{what}: needs MODEL or MODEL+ADAPTER, got '{text}'");
        return null;
    }

    /// <summary>An entry of <c>loras</c>, this project's list of several adapters: a path, or {path, weight}.</summary>
    private Tuple<string, double>? WeightedAdapter(YamlNode node)
    {
        double weight = 1;
        if (node.Entries.FirstOrDefault(entry => entry.Key.Text == "weight").Value is { } given
            && (!double.TryParse(given.Text, NumberStyles.Float, CultureInfo.InvariantCulture, out weight) || !double.IsFinite(weight)))
        {
            faults.Add(given.Line, $"weight: needs a number, got {given}");
            return null;
        }

        return ModelPath(node, "path", "revision", "weight") is { } path ? Tuple.Create(path, weight) : null;
    }

    /// <summary>A path, or {path, revision}.</summary>
    private string? ModelPath(YamlNode node) => ModelPath(node, "path", "revision");

    private string? ModelPath(YamlNode node, params string[] known)
    {
        if (node.Kind == YamlKind.Scalar && !node.IsNull)
        {
            return WithoutRevision(node.Text, node.Line);
        }

        Dictionary<string, YamlNode> fields = Fields(node, "a model", known);
        if (fields.TryGetValue("revision", out YamlNode? revision) && !revision.IsNull)
        {
            WarnOfRevision(revision.Line);
        }

        if (fields.TryGetValue("path", out YamlNode? path))
        {
            return Word(path, "path");
        }

        if (node.Kind == YamlKind.Mapping)
        {
            faults.Add(node.Line, "path: needs the path of a model, got none");
        }

        return null;
    }

    private string WithoutRevision(string path, int line)
    {
        int at = path.LastIndexOf('@');
        if (at < 0 || System.IO.Path.Exists(path))
        {
            return path;
        }

        WarnOfRevision(line);
        return path[..at];
    }

    private void WarnOfRevision(int line) =>
        faults.Warn(line, "revision: models are read from the disk as they lie there; it is passed over");

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

    private (int Start, int End)? Range(YamlNode node)
    {
        int[] numbers = node.Kind == YamlKind.Sequence
            ? [.. node.Items.Select(
                item => int.TryParse(item.Text, NumberStyles.None, CultureInfo.InvariantCulture, out int number) ? number : -1)]
            : [];
        if (numbers is [>= 0, > 0] && numbers[0] < numbers[1])
        {
            return (numbers[0], numbers[1]);
        }

        faults.Add(node.Line, "layer_range: needs [start, end) with 0 <= start < end, got "
            + (node.Kind == YamlKind.Sequence ? $"[{string.Join(", ", node.Items.Select(item => item.Text))}]" : node.ToString()));
        return null;
    }

    private RecipeTokenizer? Tokenizer(Dictionary<string, YamlNode> fields)
    {
        bool hasSource = fields.TryGetValue("tokenizer_source", out YamlNode? source);
        if (!fields.TryGetValue("tokenizer", out YamlNode? tokenizer))
        {
            return hasSource ? TokenizerSource(source!, "tokenizer_source") : null;
        }

        if (hasSource)
        {
            faults.Add(tokenizer.Line, $"needs tokenizer or tokenizer_source (line {source!.Line}), got both");
        }

        Dictionary<string, YamlNode> parts = Fields(tokenizer, "tokenizer", ["source", "tokens", "pad_to_multiple_of"]);
        if (parts.TryGetValue("tokens", out YamlNode? tokens) && !tokens.IsNull
            && tokens is not { Kind: YamlKind.Mapping, Entries.Count: 0 })
        {
            Tokens(tokens);
        }

        if (parts.TryGetValue("pad_to_multiple_of", out YamlNode? padding) && !padding.IsNull
            && Word(padding, "pad_to_multiple_of") is { } text)
        {
            if (int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int multiple) && multiple >= 1)
            {
                faults.Warn(padding.Line, "pad_to_multiple_of: rows that no token uses are not added; it is passed over");
            }
            else
            {
                faults.Add(padding.Line, $"pad_to_multiple_of: needs a whole number of 1 or more, got '{text}'");
            }
        }

        return parts.TryGetValue("source", out YamlNode? from) ? TokenizerSource(from, "tokenizer source")
            : new RecipeTokenizer("union", null, tokenizer.Line);
    }

    private RecipeTokenizer? TokenizerSource(YamlNode node, string what)
    {
        if (node is { Kind: YamlKind.Scalar, Text: "base" or "union" })
        {
            return new RecipeTokenizer(node.Text, null, node.Line);
        }

        return node.IsNull ? null : Reference(node, what) is { } model ? new RecipeTokenizer(null, model, node.Line) : null;
    }

    /// <summary>Rows of single tokens from elsewhere: checked, and refused, since the result would be another model without them.</summary>
    private void Tokens(YamlNode node)
    {
        if (node.Kind != YamlKind.Mapping)
        {
            faults.Add(node.Line, $"tokens: need names and sources, got {node}");
            return;
        }

        foreach ((YamlNode token, YamlNode value) in node.Entries)
        {
            Dictionary<string, YamlNode> fields = Fields(value, $"token '{token.Text}'", ["source", "force"]);
            if (fields.TryGetValue("source", out YamlNode? source) && source.Kind == YamlKind.Mapping)
            {
                Dictionary<string, YamlNode> from =
                    Fields(source, $"the source of token '{token.Text}'", ["kind", "model", "token", "token_id"]);
                if (from.TryGetValue("kind", out YamlNode? kind) && kind.Text is not ("model_token" or "zero"))
                {
                    faults.Add(kind.Line, $"kind: needs one of model_token, zero, got {kind}");
                }
            }
        }

        faults.Add(node.Line, "tokens: rows of single tokens cannot be set in a merge; leave tokens out, the owner's row is kept");
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
