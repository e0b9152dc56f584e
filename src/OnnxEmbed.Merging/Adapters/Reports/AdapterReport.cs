using System.Text.Json.Nodes;

namespace OnnxEmbed.Merging.Adapters.Reports;

/// <summary>What an adapter was made of and how well it gives that back. It holds no times and no paths of the machine.</summary>
public sealed record AdapterReport
{
    /// <summary>Name of the report in an adapter directory.</summary>
    public const string FileName = "adapter-report.json";

    /// <summary>What was done: <c>extract</c>, or the name of a combination method.</summary>
    public required string Method { get; init; }

    /// <summary>Options as resolved.</summary>
    public required IReadOnlyDictionary<string, object> Options { get; init; }

    /// <summary>Each layer in ordinal order of the names.</summary>
    public required IReadOnlyList<AdapterLayerReport> Layers { get; init; }

    /// <summary>What the user should know.</summary>
    public IReadOnlyList<string> Warnings { get; init; } = [];

    /// <summary>Numbers that the adapter stores.</summary>
    public long Parameters => Layers.Sum(layer => (long)layer.Rank * (layer.Outputs + layer.Inputs));

    /// <summary>Error of all layers together: √(Σ error²) / √(Σ norm²).</summary>
    public double RelativeError
    {
        get
        {
            double norms = Layers.Sum(layer => layer.Norm * layer.Norm);
            return norms == 0 ? 0
                : Math.Sqrt(Layers.Sum(layer => layer.Norm * layer.Norm * layer.RelativeError * layer.RelativeError) / norms);
        }
    }

    /// <summary>The text of the report file.</summary>
    public string ToJson()
    {
        JsonObject options = new(Options.Select(option => KeyValuePair.Create(option.Key, option.Value switch
        {
            IEnumerable<string> names => new JsonArray([.. names.Select(name => (JsonNode)name)]),
            IEnumerable<double> numbers => new JsonArray([.. numbers.Select(number => (JsonNode)number)]),
            string text => (JsonNode?)text,
            double number => number,
            ulong number => number,
            bool flag => flag,
            _ => (int)option.Value,
        })));
        JsonArray layers = [.. Layers.Select(layer => new JsonObject
        {
            ["module"] = layer.Module,
            ["outputs"] = layer.Outputs,
            ["inputs"] = layer.Inputs,
            ["rank"] = layer.Rank,
            ["norm"] = layer.Norm,
            ["relative_error"] = layer.RelativeError,
            ["energy_kept"] = layer.EnergyKept,
        })];
        JsonObject json = new()
        {
            ["schema"] = 1,
            ["method"] = Method,
            ["options"] = options,
            ["relative_error"] = RelativeError,
            ["parameters"] = Parameters,
            ["layers"] = layers,
            ["warnings"] = new JsonArray([.. Warnings.Select(warning => (JsonNode)warning)]),
        };
        return json.ToJsonString(
            new() { WriteIndented = true, Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping }) + "\n";
    }
}
