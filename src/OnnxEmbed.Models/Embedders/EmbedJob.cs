using System.Text.Json.Nodes;
using Microsoft.ML.OnnxRuntime;
using OnnxEmbed.Models.Json;
using OnnxEmbed.Models.Packages;
using OnnxEmbed.Models.Tokenizers;
using OnnxEmbed.Tensors;

namespace OnnxEmbed.Models.Embedders;

/// <summary>
/// Everything that the bytes of an embedded file depend on, as flat names and values: hashes of the input, the package and the adapter, the
/// options, the versions. Threads, sessions and paths are not among it.
/// </summary>
internal static class EmbedJob
{
    private static readonly string[] PackageParts =
    [
        ModelConfig.FileName, PackageFiles.Model, PackageFiles.ModelData, TokenizerJson.FileName, "tokenizer_config.json", "special_tokens_map.json",
        PackageFiles.Modules, PackageFiles.Sequence, PackageFiles.Sentences,
    ];

    public static SortedDictionary<string, string> Describe(Embedder embedder, EmbedPipelineOptions options)
    {
        EmbedderOptions how = embedder.Options;
        SortedDictionary<string, string> job = new(StringComparer.Ordinal)
        {
            ["version onnxembed"] = Provenance.ToolVersion,
            ["version onnxruntime"] = OrtEnv.Instance().GetVersionString(),
            ["input"] = Hash("input", options.InputPath),
            ["option text"] = string.Join(",", options.TextColumns),
            ["option embedding"] = options.EmbeddingColumn,
            ["option dtype"] = options.Type.ToString(),
            ["option dim"] = Text(embedder.Width),
            ["option normalize"] = how.Normalize?.ToString() ?? "as the package says",
            ["option prompt"] = how.Prompt ?? "the package's",
            ["option max-length"] = Text(embedder.MaxLength),
            ["option batch-tokens"] = Text(how.MaxTokensPerBatch),
            ["option window"] = Text(options.WindowRows),
            ["option device"] = how.Device.Split(':')[0],
        };
        AddFiles(job, "package", embedder.Package.FullPath, PackageParts);
        if (options.AdapterDirectory is { } adapter)
        {
            AddFiles(job, "adapter", adapter, ["adapter_config.json", "adapter_model.safetensors"]);
        }

        return job;
    }

    public static string ToJson(SortedDictionary<string, string> job) =>
        JsonText.Of(new JsonObject(job.Select(pair => KeyValuePair.Create(pair.Key, (JsonNode?)pair.Value))));

    public static SortedDictionary<string, string> Read(string path) => new(
        JsonField.Read(path).Members().ToDictionary(member => member.Name, member => member.Value.AsString(), StringComparer.Ordinal),
        StringComparer.Ordinal);

    /// <summary>What is not the same in two jobs, in words; empty where all is.</summary>
    public static IReadOnlyList<string> Differences(SortedDictionary<string, string> before, SortedDictionary<string, string> now) =>
    [
        .. before.Keys.Union(now.Keys).Order(StringComparer.Ordinal)
            .Where(key => before.GetValueOrDefault(key) != now.GetValueOrDefault(key))
            .Select(key => $"{key} was {before.GetValueOrDefault(key, "absent")}, is {now.GetValueOrDefault(key, "absent")}"),
    ];

    private static void AddFiles(SortedDictionary<string, string> job, string role, string directory, string[] names)
    {
        foreach (string name in names.Where(name => File.Exists(Path.Combine(directory, name))))
        {
            job[$"{role} {name}"] = Hash(role, Path.Combine(directory, name));
        }
    }

    private static string Hash(string role, string path) => "sha256:" + ProvenanceInput.Of(role, Path.GetDirectoryName(Path.GetFullPath(path))!, Path.GetFileName(path)).Sha256;

    private static string Text(int value) => value.ToString(System.Globalization.CultureInfo.InvariantCulture);
}
