using System.Globalization;

namespace OnnxEmbed.Merging.Recipes;

/// <content>Models, adapters and layers.</content>
internal sealed partial class RecipeReader
{
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
}
