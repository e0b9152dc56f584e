using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using OnnxEmbed.Models.Packages;
using OnnxEmbed.Tensors;

namespace OnnxEmbed.Merging.Vocabularies;

/// <summary>The files of a package that belong to its vocabulary, where a merge changes it.</summary>
internal static class VocabularyFiles
{
    private const string Config = "tokenizer_config.json";
    private const string Template = "chat_template.jinja";

    private static readonly string[] Names =
    [
        TokenizerFile.Name, Config, "special_tokens_map.json", "vocab.txt", "vocab.json", "merges.txt", "added_tokens.json", .. Trained,
            Template,
    ];

    private static readonly JsonSerializerOptions Indented = new()
    {
        WriteIndented = true,
        NewLine = "\n",
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    /// <summary>Files of sentencepiece, which say in a coding of their own what <c>tokenizer.json</c> says.</summary>
    private static string[] Trained => ["tokenizer.model", "sentencepiece.bpe.model"];

    /// <summary>Replaces the tokenizer's files in a package that is being written.</summary>
    public static void Write(string directory, VocabularyPlan plan)
    {
        if (plan.TokensFrom is { } other)
        {
            foreach (string name in Names)
            {
                File.Delete(Path.Combine(directory, name));
                if (File.Exists(Path.Combine(other, name)))
                {
                    File.Copy(Path.Combine(other, name), Path.Combine(directory, name));
                }
            }
        }

        if (plan.Root is not { } root)
        {
            return;
        }

        WriteJson(Path.Combine(directory, TokenizerFile.Name), root);
        string[] tokens = [.. plan.Ids.OrderBy(entry => entry.Value).Select(entry => entry.Key)];
        if (File.Exists(Path.Combine(directory, "vocab.txt")))
        {
            File.WriteAllText(Path.Combine(directory, "vocab.txt"), string.Concat(tokens.Select(token => token + "\n")));
        }

        if (File.Exists(Path.Combine(directory, "vocab.json")) && root["model"]?["vocab"] is JsonObject vocabulary)
        {
            WriteJson(Path.Combine(directory, "vocab.json"), vocabulary);
        }

        if (File.Exists(Path.Combine(directory, "merges.txt")) && root["model"]?["merges"] is JsonArray merges)
        {
            StringBuilder text = new("#version: 0.2\n");
            foreach (JsonNode? merge in merges)
            {
                text.Append(merge is JsonArray pair ? $"{pair[0]} {pair[1]}" : merge!.GetValue<string>()).Append('\n');
            }

            File.WriteAllText(Path.Combine(directory, "merges.txt"), text.ToString());
        }

        Edit(Path.Combine(directory, "added_tokens.json"), added =>
        {
            foreach (JsonObject token in plan.Added)
            {
                added[token["content"]!.GetValue<string>()] = token["id"]!.DeepClone();
            }
        });
        Edit(Path.Combine(directory, Config), config =>
        {
            if (config["added_tokens_decoder"] is JsonObject decoder)
            {
                foreach (JsonObject token in plan.Added)
                {
                    JsonObject entry = (JsonObject)token.DeepClone();
                    entry.Remove("id");
                    decoder[token["id"]!.ToString()] = entry;
                }
            }
        });
        foreach (string name in Trained)
        {
            File.Delete(Path.Combine(directory, name));
        }
    }

    /// <summary>What the user should know of files that a union leaves out.</summary>
    public static IEnumerable<string> Warnings(string package, VocabularyPlan plan) => plan.Root is null ? []
        : Trained.Where(name => File.Exists(Path.Combine(package, name)))
            .Select(name => $"{name} is left out; {TokenizerFile.Name} has the merged vocabulary");

    /// <summary>The <c>config.json</c> of the result.</summary>
    /// <param name="config">Its text so far.</param>
    /// <param name="plan">The vocabulary.</param>
    /// <param name="rows">Rows of the table of tokens; null where they stay as many.</param>
    public static string ConfigOf(string config, VocabularyPlan plan, long? rows)
    {
        JsonObject json = JsonNode.Parse(config)!.AsObject();
        if (rows is { } count)
        {
            json["vocab_size"] = count;
        }

        if (plan.TokensFrom is { } other && File.Exists(Path.Combine(other, ModelConfig.FileName)))
        {
            JsonObject theirs = JsonNode.Parse(File.ReadAllText(Path.Combine(other, ModelConfig.FileName)))!.AsObject();
            foreach (string name in json.Concat(theirs).Select(entry => entry.Key)
                .Where(name => name.EndsWith("_token_id", StringComparison.Ordinal)).Distinct().ToArray())
            {
                json[name] = theirs[name]?.DeepClone();
            }
        }

        return json.ToJsonString(Indented) + "\n";
    }

    /// <summary>Puts a chat template into the tokenizer's config.</summary>
    public static void WriteTemplate(string directory, string template)
    {
        File.Delete(Path.Combine(directory, Template)); // it would go before the config's
        string path = Path.Combine(directory, Config);
        if (!File.Exists(path))
        {
            WriteJson(path, new JsonObject());
        }

        Edit(path, config => config["chat_template"] = template);
    }

    /// <summary>The chat template of a package; null where it has none, or several by name.</summary>
    public static string? TemplateOf(string directory)
    {
        string path = Path.Combine(directory, Template);
        if (File.Exists(path))
        {
            return File.ReadAllText(path);
        }

        path = Path.Combine(directory, Config);
        return File.Exists(path) && Read(path)["chat_template"] is JsonValue text && text.TryGetValue(out string? template) ? template
            : null;
    }

    private static void Edit(string path, Action<JsonObject> change)
    {
        if (File.Exists(path))
        {
            JsonObject json = Read(path);
            change(json);
            WriteJson(path, json);
        }
    }

    private static JsonObject Read(string path)
    {
        try
        {
            return JsonNode.Parse(File.ReadAllBytes(path)) as JsonObject ?? throw new DataException($"{path}: needs a JSON object");
        }
        catch (JsonException exception)
        {
            throw new DataException($"{path}: needs JSON, got: {exception.Message}", exception);
        }
    }

    private static void WriteJson(string path, JsonNode json) => File.WriteAllText(path, json.ToJsonString(Indented) + "\n");
}
