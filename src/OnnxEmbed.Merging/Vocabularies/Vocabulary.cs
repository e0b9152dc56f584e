using System.Text.Json;
using OnnxEmbed.Tensors;

namespace OnnxEmbed.Merging.Vocabularies;

/// <summary>The tokens of a <c>tokenizer.json</c> with their ids, whatever its model is (WordPiece, BPE, Unigram, WordLevel).</summary>
internal static class Vocabulary
{
    /// <summary>Ids by token, added tokens included.</summary>
    /// <exception cref="DataException">The file is no JSON or has no vocabulary.</exception>
    public static IReadOnlyDictionary<string, long> Read(string path)
    {
        try
        {
            using JsonDocument json = JsonDocument.Parse(File.ReadAllBytes(path));
            Dictionary<string, long> ids = new(StringComparer.Ordinal);
            JsonElement vocabulary = json.RootElement.GetProperty("model").GetProperty("vocab");
            if (vocabulary.ValueKind == JsonValueKind.Array)
            {
                foreach ((int id, JsonElement entry) in vocabulary.EnumerateArray().Index())
                {
                    ids[(entry.ValueKind == JsonValueKind.Array ? entry[0] : entry).GetString()!] = id;
                }
            }
            else
            {
                foreach (JsonProperty entry in vocabulary.EnumerateObject())
                {
                    ids[entry.Name] = entry.Value.GetInt64();
                }
            }

            if (json.RootElement.TryGetProperty("added_tokens", out JsonElement added) && added.ValueKind == JsonValueKind.Array)
            {
                foreach (JsonElement token in added.EnumerateArray())
                {
                    ids[token.GetProperty("content").GetString()!] = token.GetProperty("id").GetInt64();
                }
            }

            return ids;
        }
        catch (Exception exception) when (exception is JsonException or KeyNotFoundException or InvalidOperationException
            or FormatException or IndexOutOfRangeException)
        {
            throw new DataException($"{path}: needs JSON with a vocabulary (model.vocab) of tokens and ids, got: {exception.Message}",
                exception);
        }
    }
}
