using System.Text.Json.Nodes;
using OnnxEmbed.Models.Json;

namespace OnnxEmbed.Models.Tokenizers;

/// <summary>
/// Writes the tokenizer of the small models that are made here: one token a character, so that a number is the sequence of its digits
/// and nothing of its arithmetic is hidden in multi-digit tokens. Text is lower-cased and ", " becomes ",", which makes a separator of a
/// list one token. It is an ordinary <c>tokenizer.json</c> (WordPiece over single characters), so any Hugging Face library reads it.
/// </summary>
public static class DigitTokenizer
{
    /// <summary>Id of the padding token.</summary>
    public const int PadId = 0;

    /// <summary>Id of the token that begins a text.</summary>
    public const int ClsId = 2;

    /// <summary>Id of the token that ends a text.</summary>
    public const int SepId = 3;

    private const string Pad = "[PAD]";
    private const string Unknown = "[UNK]";
    private const string Cls = "[CLS]";
    private const string Sep = "[SEP]";
    private const string Mask = "[MASK]";
    private const string Characters = "0123456789 ,+-*/%=<>():.abcdefghijklmnopqrstuvwxyz;[]^!?|_";

    /// <summary>The tokens in the order of their ids: five special tokens, digits, signs, letters.</summary>
    public static IReadOnlyList<string> Vocabulary { get; } = [Pad, Unknown, Cls, Sep, Mask, .. Characters.Select(c => c.ToString())];

    /// <summary>
    /// Writes <c>tokenizer.json</c>, <c>tokenizer_config.json</c>, <c>special_tokens_map.json</c> and <c>vocab.txt</c>.
    /// </summary>
    /// <param name="directory">Where to write; it is made if it is not there.</param>
    /// <param name="kind">What the special tokens are called.</param>
    /// <param name="maxLength">The longest text in tokens that the model takes, at least 3.</param>
    public static void Write(string directory, DigitTokenizerKind kind, int maxLength)
    {
        ArgumentNullException.ThrowIfNull(directory);
        ArgumentOutOfRangeException.ThrowIfLessThan(maxLength, 3);
        Directory.CreateDirectory(directory);
        JsonText.Write(Path.Combine(directory, TokenizerJson.FileName), Tokenizer());
        JsonText.Write(Path.Combine(directory, "special_tokens_map.json"), SpecialTokens(kind));
        JsonText.Write(Path.Combine(directory, "tokenizer_config.json"), Configuration(kind, maxLength));
        File.WriteAllText(Path.Combine(directory, "vocab.txt"), string.Concat(Vocabulary.Select(token => token + "\n")));
    }

    private static JsonObject Tokenizer() => new()
    {
        ["version"] = "1.0",
        ["truncation"] = null,
        ["padding"] = null,
        ["added_tokens"] = new JsonArray([.. Vocabulary.Take(5).Select((token, id) => (JsonNode)new JsonObject
        {
            ["id"] = id,
            ["content"] = token,
            ["single_word"] = false,
            ["lstrip"] = false,
            ["rstrip"] = false,
            ["normalized"] = false,
            ["special"] = true,
        })]),
        ["normalizer"] = new JsonObject
        {
            ["type"] = "Sequence",
            ["normalizers"] = new JsonArray(
                new JsonObject { ["type"] = "Lowercase" },
                new JsonObject { ["type"] = "Replace", ["pattern"] = new JsonObject { ["String"] = ", " }, ["content"] = "," }),
        },
        ["pre_tokenizer"] = new JsonObject
        {
            ["type"] = "Split",
            ["pattern"] = new JsonObject { ["Regex"] = @"[\s\S]" },
            ["behavior"] = "Isolated",
            ["invert"] = false,
        },
        ["post_processor"] = new JsonObject
        {
            ["type"] = "TemplateProcessing",
            ["single"] = new JsonArray(Special(Cls, 0), Sequence("A", 0), Special(Sep, 0)),
            ["pair"] = new JsonArray(Special(Cls, 0), Sequence("A", 0), Special(Sep, 0), Sequence("B", 1), Special(Sep, 1)),
            ["special_tokens"] = new JsonObject { [Cls] = TemplateToken(Cls, ClsId), [Sep] = TemplateToken(Sep, SepId) },
        },
        ["decoder"] = new JsonObject { ["type"] = "Fuse" },
        ["model"] = new JsonObject
        {
            ["type"] = "WordPiece",
            ["unk_token"] = Unknown,
            ["continuing_subword_prefix"] = "##",
            ["max_input_chars_per_word"] = 100,
            ["vocab"] = new JsonObject(Vocabulary.Select((token, id) => KeyValuePair.Create(token, (JsonNode?)id))),
        },
    };

    private static JsonObject Special(string token, int type) =>
        new() { ["SpecialToken"] = new JsonObject { ["id"] = token, ["type_id"] = type } };

    private static JsonObject Sequence(string name, int type) =>
        new() { ["Sequence"] = new JsonObject { ["id"] = name, ["type_id"] = type } };

    private static JsonObject TemplateToken(string token, int id) =>
        new() { ["id"] = token, ["ids"] = new JsonArray(id), ["tokens"] = new JsonArray(token) };

    private static JsonObject SpecialTokens(DigitTokenizerKind kind)
    {
        JsonObject map = new();
        if (kind == DigitTokenizerKind.Decoder)
        {
            map["bos_token"] = Cls;
            map["eos_token"] = Sep;
        }

        map["unk_token"] = Unknown;
        map["sep_token"] = Sep;
        map["pad_token"] = Pad;
        map["cls_token"] = Cls;
        map["mask_token"] = Mask;
        return map;
    }

    private static JsonObject Configuration(DigitTokenizerKind kind, int maxLength)
    {
        JsonObject config = SpecialTokens(kind);
        config["tokenizer_class"] = "PreTrainedTokenizerFast";
        config["clean_up_tokenization_spaces"] = false;
        config["do_lower_case"] = true;
        config["model_max_length"] = maxLength;
        config["padding_side"] = "right";
        config["truncation_side"] = "right";
        config["model_input_names"] = kind == DigitTokenizerKind.Encoder
            ? new JsonArray("input_ids", "token_type_ids", "attention_mask")
            : new JsonArray("input_ids", "attention_mask");
        return config;
    }
}
