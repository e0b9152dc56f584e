using System.Text.Json;
using System.Text.Json.Nodes;
using OnnxEmbed.Models.Json;
using OnnxEmbed.Tensors;

namespace OnnxEmbed.Models.Packages;

/// <summary>
/// How a package was made, as <c>onnxembed.json</c> keeps it. It holds no time and no path of the machine, so that the same work gives
/// the same bytes.
/// </summary>
/// <param name="MadeBy">The command: <c>init</c>, <c>pretrain</c>, <c>train</c>, <c>merge</c>, <c>import</c>.</param>
/// <param name="Options">Options as resolved; values are what JSON can hold.</param>
/// <param name="Inputs">Files that went in, with their hashes.</param>
/// <param name="Seeds">Seeds by what they were used for.</param>
public sealed record Provenance(
    string MadeBy,
    IReadOnlyDictionary<string, object?> Options,
    IReadOnlyList<ProvenanceInput> Inputs,
    IReadOnlyDictionary<string, ulong> Seeds)
{
    /// <summary>Name of the file in a model package.</summary>
    public const string FileName = "onnxembed.json";

    private const int Schema = 1;

    /// <summary>Version of the tool that this process is.</summary>
    public static string ToolVersion { get; } = typeof(Provenance).Assembly.GetName().Version!.ToString(3);

    /// <summary>Version of the tool that made the package.</summary>
    public string Version { get; init; } = ToolVersion;

    /// <summary>Reads a file.</summary>
    /// <exception cref="DataException">The file is missing, is no JSON, or has wrong values.</exception>
    public static Provenance Load(string path)
    {
        JsonField json = JsonField.Read(path);
        json["schema"].AsInt32(Schema, Schema);
        return new Provenance(
            json["made_by"].AsString(),
            Members(json["options"]).ToDictionary(member => member.Name, member => member.Value.Plain(), StringComparer.Ordinal),
            json["inputs"].Exists ? [.. json["inputs"].Items().Select(ReadInput)] : [],
            Members(json["seeds"]).ToDictionary(member => member.Name, member => member.Value.AsUInt64(), StringComparer.Ordinal))
        {
            Version = json["version"].AsString(),
        };
    }

    /// <summary>The text of the file; keys in ordinal order.</summary>
    public string ToJson() => JsonText.Of(new JsonObject
    {
        ["schema"] = Schema,
        ["tool"] = "onnxembed",
        ["version"] = Version,
        ["made_by"] = MadeBy,
        ["options"] = Sorted(Options, value => JsonSerializer.SerializeToNode(value)),
        ["inputs"] = new JsonArray([.. Inputs.Select(input => (JsonNode)new JsonObject
        {
            ["role"] = input.Role,
            ["file"] = input.File,
            ["sha256"] = input.Sha256,
        })]),
        ["seeds"] = Sorted(Seeds, value => JsonValue.Create(value)),
    });

    private static JsonObject Sorted<T>(IReadOnlyDictionary<string, T> values, Func<T, JsonNode?> node) =>
        new(values.OrderBy(pair => pair.Key, StringComparer.Ordinal).Select(pair => KeyValuePair.Create(pair.Key, node(pair.Value))));

    private static IEnumerable<(string Name, JsonField Value)> Members(JsonField field) => field.Exists ? field.Members() : [];

    private static ProvenanceInput ReadInput(JsonField field) =>
        new(field["role"].AsString(), field["file"].AsString(), field["sha256"].AsString());
}
