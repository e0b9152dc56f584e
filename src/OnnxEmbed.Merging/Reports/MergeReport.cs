using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using OnnxEmbed.Models.Packages;

namespace OnnxEmbed.Merging.Reports;

/// <summary>What a merge did. It holds no times and no paths of the machine, so that the same merge gives the same report.</summary>
public sealed record MergeReport
{
    /// <summary>Name of the report in a package; beside a bare file it is <c>FILE.merge-report.json</c>.</summary>
    public const string FileName = "merge-report.json";

    private static readonly JsonSerializerOptions Indented = new()
    {
        WriteIndented = true,
        NewLine = "\n",
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    /// <summary>Name of the method.</summary>
    public required string Method { get; init; }

    /// <summary>Its parameters as resolved (numbers, flags, words).</summary>
    public required IReadOnlyDictionary<string, object> Parameters { get; init; }

    /// <summary>The models in order: name and weight.</summary>
    public required IReadOnlyList<(string Name, double Weight)> Models { get; init; }

    /// <summary>Hashes of the files that went in.</summary>
    public IReadOnlyList<ProvenanceInput> Inputs { get; init; } = [];

    /// <summary>Each tensor in the order of the graph.</summary>
    public required IReadOnlyList<TensorReport> Tensors { get; init; }

    /// <summary>What the user should know: differing files, graphs and tensors.</summary>
    public required IReadOnlyList<string> Warnings { get; init; }

    /// <summary>Angle in degrees between the first model and each later one over all floating-point weights together; null where there is none.</summary>
    public required IReadOnlyList<double?> AnglesDegrees { get; init; }

    /// <summary>Number of tensors by action.</summary>
    public IReadOnlyDictionary<string, int> Totals => Tensors
        .GroupBy(tensor => tensor.Action, StringComparer.Ordinal)
        .OrderBy(group => group.Key, StringComparer.Ordinal)
        .ToDictionary(group => group.Key, group => group.Count(), StringComparer.Ordinal);

    /// <summary>Parameters (elements of floating-point tensors) that were blended rather than copied.</summary>
    public required long BlendedElements { get; init; }

    /// <summary>The text of the report file.</summary>
    public string ToJson()
    {
        JsonObject json = new()
        {
            ["schema"] = 1,
            ["tool"] = "onnxembed",
            ["version"] = Provenance.ToolVersion,
            ["method"] = Method,
            ["parameters"] = new JsonObject(Parameters.Select(entry => KeyValuePair.Create(entry.Key, JsonSerializer.SerializeToNode(entry.Value)))),
            ["models"] = new JsonArray([.. Models.Select(model => (JsonNode)new JsonObject { ["name"] = model.Name, ["weight"] = model.Weight })]),
            ["inputs"] = new JsonArray([.. Inputs.Select(input => (JsonNode)new JsonObject
            {
                ["role"] = input.Role,
                ["file"] = input.File,
                ["sha256"] = input.Sha256,
            })]),
            ["totals"] = new JsonObject
            {
                ["tensors"] = Tensors.Count,
                ["blended_elements"] = BlendedElements,
                ["angle_degrees"] = Array(AnglesDegrees),
                ["actions"] = new JsonObject(Totals.Select(entry => KeyValuePair.Create(entry.Key, (JsonNode?)entry.Value))),
            },
            ["warnings"] = new JsonArray([.. Warnings.Select(warning => (JsonNode?)warning)]),
            ["tensors"] = new JsonArray([.. Tensors.Select(Describe)]),
        };
        return json.ToJsonString(Indented) + "\n";
    }

    private static JsonObject Describe(TensorReport tensor)
    {
        JsonObject json = new() { ["name"] = tensor.Name, ["type"] = tensor.Type, ["action"] = tensor.Action };
        AddNumbers(json, "factors", [.. tensor.Factors.Select(factor => (double?)factor)]);
        AddNumbers(json, "norms", [.. tensor.Norms.Select(norm => (double?)norm)]);
        if (tensor.OutputNorm is { } output)
        {
            json["output_norm"] = Number(output);
        }

        AddNumbers(json, "cosine", tensor.Cosines);
        AddNumbers(json, "angle_degrees", tensor.AnglesDegrees);
        if (tensor.NonFinite.Count > 0)
        {
            json["non_finite"] = new JsonArray([.. tensor.NonFinite.Select(count => (JsonNode?)count)]);
        }

        if (tensor.Warning is { } warning)
        {
            json["warning"] = warning;
        }

        return json;
    }

    private static void AddNumbers(JsonObject json, string name, IReadOnlyList<double?> numbers)
    {
        if (numbers.Count > 0)
        {
            json[name] = Array(numbers);
        }
    }

    private static JsonArray Array(IReadOnlyList<double?> numbers) => new([.. numbers.Select(number => number is { } value ? Number(value) : null)]);

    /// <summary>JSON has no NaN and no infinity; they become null.</summary>
    private static JsonValue? Number(double value) => double.IsFinite(value) ? JsonValue.Create(value) : null;
}
