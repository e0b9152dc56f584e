using System.IO.Compression;
using System.Text;
using System.Text.Json.Nodes;
using OnnxEmbed.Models.Tokenizers;

namespace OnnxEmbed.Models.Tests.Tokenizers;

/// <summary>
/// Small tokenizers of every published kind, a corpus, and what the tokenizers library 0.23.2 makes of it: written by
/// <c>scripts/reference/make-tokenizers.mjs</c> and <c>tokenizer-ids.mjs</c>.
/// </summary>
internal static class ReferenceData
{
    private static readonly Lazy<JsonNode> CorpusNode = new(() => Read("texts"));

    public static JsonObject Tokenizers { get; } = Read("tokenizers").AsObject();

    public static JsonNode Expected { get; } = Read("ids");

    public static IReadOnlyList<string> Texts { get; } = [.. CorpusNode.Value["texts"]!.AsArray().Select(text => text!.GetValue<string>())];

    public static IReadOnlyList<(string First, string Second)> Pairs { get; } =
        [.. CorpusNode.Value["pairs"]!.AsArray().Select(pair => (pair![0]!.GetValue<string>(), pair[1]!.GetValue<string>()))];

    public static byte[] File(string name) => Encoding.UTF8.GetBytes(Tokenizers[name]!.ToJsonString());

    public static TokenizerJson Load(string name) => TokenizerJson.Parse(name, File(name));

    /// <summary>A file of the data folder.</summary>
    public static JsonNode Read(string name)
    {
        using FileStream file = System.IO.File.OpenRead(Path.Combine(AppContext.BaseDirectory, "Tokenizers", "Data", $"{name}.json.gz"));
        using GZipStream unzipped = new(file, CompressionMode.Decompress);
        return JsonNode.Parse(unzipped)!;
    }
}
