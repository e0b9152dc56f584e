using System.Text.Json.Nodes;
using OnnxEmbed.Models.Importing;
using OnnxEmbed.Models.Tests.Architectures.Decoders;
using OnnxEmbed.Models.Tokenizers;
using OnnxEmbed.Tensors;
using OnnxEmbed.TestKit.Files;

namespace OnnxEmbed.Models.Tests.Importing;

/// <summary>
/// A tiny model as a Hugging Face directory in a temporary place, to be changed and imported: the files that
/// <c>scripts/reference/encoders.py</c> or <c>decoders.py</c> wrote and the digit tokenizer.
/// </summary>
internal sealed class HuggingFaceDirectory : IDisposable
{
    private const string ExpectedFile = "expected.safetensors";

    private readonly TemporaryDirectory _place = new();

    public HuggingFaceDirectory(string family)
    {
        string source = PathOf(family);
        foreach (string file in Directory.EnumerateFiles(source, "*", SearchOption.AllDirectories).Where(file => !file.EndsWith(ExpectedFile, StringComparison.Ordinal)))
        {
            string target = this[System.IO.Path.GetRelativePath(source, file)];
            Directory.CreateDirectory(System.IO.Path.GetDirectoryName(target)!);
            File.Copy(file, target);
        }

        DigitTokenizer.Write(Path, IsDecoder(family) ? DigitTokenizerKind.Decoder : DigitTokenizerKind.Encoder, 64);
    }

    public static IReadOnlyList<string> Families { get; } = ["bert", "roberta", "xlm-roberta", "electra", "distilbert", "mpnet", "modernbert"];

    /// <summary>The directory.</summary>
    public string Path => _place["source"];

    /// <summary>Where the package goes.</summary>
    public string Out => _place["package"];

    /// <summary>What lies beside the directory.</summary>
    public IEnumerable<string> Beside => Directory.EnumerateFileSystemEntries(_place.Path).Select(path => System.IO.Path.GetFileName(path)).Where(name => name != "source");

    public string this[string name] => _place["source", name];

    public static string PathOf(string family) =>
        System.IO.Path.Combine(AppContext.BaseDirectory, "Architectures", IsDecoder(family) ? "Decoders" : "Encoders", family);

    /// <summary>What the reference computed.</summary>
    public static SafetensorsFile Expected(string family) => SafetensorsFile.Open(System.IO.Path.Combine(PathOf(family), ExpectedFile));

    public ImportResult Import(Func<ImportOptions, ImportOptions>? with = null)
    {
        ImportOptions options = new() { Source = Path, Out = Out };
        return Models.Importing.Import.Run(with?.Invoke(options) ?? options);
    }

    /// <summary>The line with which the import fails, without the place of the directory; it must leave nothing.</summary>
    public string Fails<TException>(Func<ImportOptions, ImportOptions>? with = null)
        where TException : Exception
    {
        TException e = Assert.ThrowsAny<TException>(() => Import(with));
        Assert.Empty(Beside);
        Assert.DoesNotContain('\n', e.Message);
        return e.Message.Replace(Path + System.IO.Path.DirectorySeparatorChar, "", StringComparison.Ordinal)
            .Replace(Path, "DIR", StringComparison.Ordinal);
    }

    public void Write(string name, string text)
    {
        Directory.CreateDirectory(System.IO.Path.GetDirectoryName(this[name])!);
        File.WriteAllText(this[name], text);
    }

    /// <summary>Sets a field of a JSON file.</summary>
    public void Set(string file, string field, JsonNode? value)
    {
        JsonObject json = JsonNode.Parse(File.ReadAllText(this[file]))!.AsObject();
        json[field] = value;
        File.WriteAllText(this[file], json.ToJsonString());
    }

    /// <summary>Writes the files of sentence-transformers.</summary>
    public void WriteModules(string poolingFlag, params string[] later)
    {
        string[] kinds = ["Transformer", "Pooling", .. later];
        Write("modules.json", new JsonArray([.. kinds.Select((kind, i) => (JsonNode)new JsonObject
        {
            ["idx"] = i,
            ["name"] = $"{i}",
            ["path"] = i == 0 ? "" : $"{i}_{kind}",
            ["type"] = $"sentence_transformers.models.{kind}",
        })]).ToJsonString());
        Write("1_Pooling/config.json", $$"""{"word_embedding_dimension":16,"{{poolingFlag}}":true}""");
    }

    public void Dispose() => _place.Dispose();

    private static bool IsDecoder(string family) => ReferenceDecoder.Families.Contains(family);
}
