using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using OnnxEmbed.Models.Json;
using OnnxEmbed.Models.Packages;
using OnnxEmbed.Models.Tokenizers;
using OnnxEmbed.Tensors;

namespace OnnxEmbed.Models.Shipping;

/// <summary>Reads of tokenizer.json and its companions what consumers other than tokenizers want to know.</summary>
internal static class TokenizerFile
{
    public const string Config = "tokenizer_config.json";
    public const string SpecialTokens = "special_tokens_map.json";
    public const string Vocabulary = "vocab.txt";

    /// <summary>The <c>model.type</c>.</summary>
    public static string Kind(ModelPackage package) => JsonField.Read(PathOf(package, TokenizerJson.FileName))["model"]["type"].StringOr("");

    /// <summary>Whether text is lower-cased before it is cut, anywhere in the normalizer.</summary>
    public static bool Lowercases(ModelPackage package)
    {
        static bool Lowers(JsonField normalizer) => normalizer["type"].StringOr("") switch
        {
            "Lowercase" => true,
            "BertNormalizer" => normalizer["lowercase"].BooleanOr(true),
            "Sequence" => normalizer["normalizers"].Items().Any(Lowers),
            _ => false,
        };
        JsonField json = JsonField.Read(PathOf(package, TokenizerJson.FileName))["normalizer"];
        return json.Exists && Lowers(json);
    }

    /// <summary>The vocabulary of a WordPiece tokenizer, one token a line in the order of their ids.</summary>
    /// <exception cref="DataException">The ids have a gap.</exception>
    public static string WordPieceVocabulary(ModelPackage package)
    {
        ITextTokenizer tokenizer = package.Tokenizer;
        StringBuilder lines = new();
        for (int id = 0; id < tokenizer.VocabularySize; id++)
        {
            lines.Append(tokenizer.TokenOf(id)
                ?? throw new DataException($"{PathOf(package, TokenizerJson.FileName)}: needs a token for every id to write {Vocabulary}, got none for {id}")).Append('\n');
        }

        return lines.ToString();
    }

    /// <summary>tokenizer_config.json, or an empty object where the package has none.</summary>
    /// <exception cref="DataException">The file is no JSON object.</exception>
    public static JsonObject ReadConfig(ModelPackage package)
    {
        string path = PathOf(package, Config);
        if (!File.Exists(path))
        {
            return new JsonObject();
        }

        try
        {
            return JsonNode.Parse(File.ReadAllBytes(path)) as JsonObject ?? throw new DataException($"{path}: needs a JSON object");
        }
        catch (JsonException e)
        {
            throw new DataException($"{path}: needs JSON: {e.Message}", e);
        }
    }

    private static string PathOf(ModelPackage package, string name) => Path.Combine(package.FullPath, name);
}
