using System.Text.Json;
using System.Text.Json.Nodes;
using OnnxEmbed.Tensors;

namespace OnnxEmbed.Merging.Vocabularies;

/// <summary>
/// A <c>tokenizer.json</c> (https://github.com/huggingface/tokenizers, crate tokenizers 0.22, serialization of TokenizerImpl) as far as
/// merging looks into it.
/// </summary>
internal sealed class TokenizerFile
{
    public const string Name = "tokenizer.json";

    private TokenizerFile(string label, string path, JsonObject root)
    {
        Label = label;
        Path = path;
        Root = root;
        Ids = Vocabulary.Read(path);
        Model = (JsonObject)root["model"]!;
        Kind = Model["type"]?.GetValue<string>() ?? (Model["vocab"] is JsonArray ? "Unigram"
            : Model.ContainsKey("merges") ? "BPE" : Model.ContainsKey("continuing_subword_prefix") ? "WordPiece" : "WordLevel");
    }

    /// <summary>What messages call the model.</summary>
    public string Label { get; }

    public string Path { get; }

    public JsonObject Root { get; }

    public JsonObject Model { get; }

    /// <summary>BPE, WordPiece, WordLevel or Unigram.</summary>
    public string Kind { get; }

    /// <summary>Ids by token, added tokens included.</summary>
    public IReadOnlyDictionary<string, long> Ids { get; }

    /// <summary>Entries of <c>added_tokens</c> by text.</summary>
    public IReadOnlyDictionary<string, JsonObject> Added => ((Root["added_tokens"] as JsonArray) ?? [])
        .OfType<JsonObject>().DistinctBy(Content).ToDictionary(Content, StringComparer.Ordinal);

    /// <summary>Reads the file of a directory.</summary>
    /// <exception cref="DataException">It is missing, or is no tokenizer.</exception>
    public static TokenizerFile Read(string label, string directory)
    {
        string path = System.IO.Path.Combine(directory, Name);
        if (!File.Exists(path))
        {
            throw new DataException($"{directory}: needs a {Name}, there is none");
        }

        try
        {
            return JsonNode.Parse(File.ReadAllBytes(path)) is JsonObject root
                ? new TokenizerFile(label, path, root)
                : throw new DataException($"{path}: needs a JSON object");
        }
        catch (Exception exception) when (
            exception is JsonException or InvalidOperationException or InvalidCastException or ArgumentException)
        {
            throw new DataException($"{path}: needs JSON with a model and its vocabulary, got: {exception.Message}", exception);
        }
    }

    private static string Content(JsonObject added) => added["content"]!.GetValue<string>();
}
