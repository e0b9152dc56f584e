using System.Text.Json;
using System.Text.Json.Nodes;
using OnnxEmbed.Merging.Recipes;
using OnnxEmbed.Models.Packages;
using OnnxEmbed.Tensors;

namespace OnnxEmbed.Merging.Reports;

/// <summary>
/// Hashes of all files of a merge, written last: of a package in <c>merge-manifest.json</c>, of a bare file, where asked for, in
/// <c>FILE.merge-manifest.json</c>.
/// </summary>
public static class MergeManifest
{
    /// <summary>Name of the manifest in a package.</summary>
    public const string FileName = "merge-manifest.json";

    /// <summary>Role of a file of the result.</summary>
    public const string ResultRole = "result";

    private const int Schema = 1;

    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true, NewLine = "\n" };

    /// <summary>Hashes the files of a merge anew, and those that went in as far as they are where the recipe names them.</summary>
    /// <param name="path">A merged package, or a merged bare file with a manifest.</param>
    /// <returns>
    /// Each file with its state; files that went in are Missing where they are not found, which is no fault of the result.
    /// </returns>
    /// <exception cref="DataException">There is no manifest, or it is wrong.</exception>
    public static IReadOnlyList<ManifestFile> Check(string path)
    {
        bool package = Directory.Exists(path);
        AtomicOutput.Recover(path);
        string manifest = package ? Path.Combine(path, FileName) : $"{path}.{FileName}";
        if (!File.Exists(manifest))
        {
            throw new DataException(package || !File.Exists(path)
                ? $"{path}: needs a merged package, or a merged file, with {FileName}; there is none"
                : $"{path}: needs {manifest}, which merge --manifest writes beside a bare file; there is none");
        }

        string directory = package ? path : Path.GetDirectoryName(Path.GetFullPath(path))!;
        (List<ProvenanceInput> files, List<ProvenanceInput> inputs) = Read(manifest);
        IReadOnlyList<(string Role, string Path)> sources =
            Sources(package ? Path.Combine(path, ResolvedRecipe.FileName) : $"{path}.{ResolvedRecipe.FileName}");
        return
        [
            .. files.Select(file => State(file, Path.Combine(directory, file.File))),
            .. inputs.Select(input => State(input, Candidates(input, sources).FirstOrDefault(File.Exists))),
        ];
    }

    /// <summary>The text of a manifest.</summary>
    /// <param name="directory">Directory of the files.</param>
    /// <param name="names">The files.</param>
    /// <param name="inputs">What went in.</param>
    internal static string Of(string directory, IEnumerable<string> names, IReadOnlyList<ProvenanceInput> inputs) => new JsonObject
    {
        ["schema"] = Schema,
        ["tool"] = "onnxembed",
        ["version"] = Provenance.ToolVersion,
        ["files"] = new JsonArray(
            [.. names.Order(StringComparer.Ordinal).Select(name => Entry(ProvenanceInput.Of(ResultRole, directory, name)))]),
        ["inputs"] = new JsonArray([.. inputs.Select(Entry)]),
    }.ToJsonString(Indented) + "\n";

    private static JsonNode Entry(ProvenanceInput input) =>
        new JsonObject { ["role"] = input.Role, ["file"] = input.File, ["sha256"] = input.Sha256 };

    private static ManifestFile State(ProvenanceInput recorded, string? path) => new(
        recorded.Role,
        recorded.File,
        recorded.Sha256,
        path is null || !File.Exists(path) ? ManifestState.Missing
            : ProvenanceInput.Of(
                recorded.Role, Path.GetDirectoryName(Path.GetFullPath(path))!, Path.GetFileName(path)).Sha256 == recorded.Sha256
                    ? ManifestState.Same
            : ManifestState.Changed);

    /// <summary>Where an input may lie: in the directory that the recipe names, beside its file, or where a run keeps it.</summary>
    private static IEnumerable<string> Candidates(ProvenanceInput input, IReadOnlyList<(string Role, string Path)> sources) => sources
        .Where(source => source.Role == input.Role)
        .SelectMany(source => new[]
        {
            Path.Combine(source.Path, input.File),
            Path.Combine(source.Path, "model", input.File),
            Path.Combine(source.Path, "adapter", input.File),
            Path.Combine(Path.GetDirectoryName(Path.GetFullPath(source.Path)) ?? "", input.File),
        });

    /// <summary>What the resolved recipe names, by the roles that provenance gives; empty where it cannot be read any more.</summary>
    private static List<(string Role, string Path)> Sources(string recipe)
    {
        try
        {
            MergeOptions options = RecipeFile.Load(recipe).Stages[^1].Options;
            IEnumerable<(string, MergeInput)> named = options.Inputs.Select((input, i) => ($"model {i + 1}", input));
            if (options.Base is { } theBase)
            {
                named = named.Prepend(("base", theBase));
            }

            return
            [
                .. named.SelectMany(entry => entry.Item2.Layers.Select(range => (entry.Item1, Input: range.Model))
                    .Prepend((entry.Item1, Input: entry.Item2)))
                    .SelectMany(entry => entry.Input.Adapters.Select(adapter => ($"{entry.Item1} adapter", adapter))
                        .Prepend((entry.Item1, entry.Input.Model))),
            ];
        }
        catch (DataException)
        {
            return [];
        }
    }

    private static (List<ProvenanceInput> Files, List<ProvenanceInput> Inputs) Read(string path)
    {
        try
        {
            using JsonDocument json = JsonDocument.Parse(File.ReadAllBytes(path));
            List<ProvenanceInput> files = List(json.RootElement.GetProperty("files"));
            return files.FirstOrDefault(file => !IsInside(file.File)) is { } outside
                ? throw new DataException($"{path}: needs files of its own directory, got '{outside.File}'")
                : (files, List(json.RootElement.GetProperty("inputs")));
        }
        catch (Exception exception) when (exception is JsonException or KeyNotFoundException or InvalidOperationException)
        {
            throw new DataException($"{path}: needs a manifest with files and inputs, got: {exception.Message}", exception);
        }

        static List<ProvenanceInput> List(JsonElement list) =>
        [
            .. list.EnumerateArray().Select(entry => new ProvenanceInput(
                entry.GetProperty("role").GetString() ?? "", entry.GetProperty("file").GetString() ?? "",
                    entry.GetProperty("sha256").GetString() ?? "")),
        ];
    }

    private static bool IsInside(string name) => name.Length > 0 && !Path.IsPathRooted(name) && !name.Split('/', '\\').Contains("..");
}
