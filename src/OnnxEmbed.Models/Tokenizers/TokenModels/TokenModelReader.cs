using OnnxEmbed.Models.Json;

namespace OnnxEmbed.Models.Tokenizers.TokenModels;

/// <summary>Reads the model of a <c>tokenizer.json</c>, whose vocabulary may be that of the model alone or with added tokens.</summary>
internal static class TokenModelReader
{
    // No published vocabulary comes near; a larger id in a file is a fault, not a request for gigabytes.
    public const int LargestId = (1 << 24) - 1;

    private const string Known = "BPE, Unigram, WordLevel, WordPiece";

    /// <summary>The type of a model; files from before it was written are told apart by what they hold.</summary>
    public static string TypeOf(JsonField model)
    {
        string type = model["type"].Exists ? model["type"].AsString()
            : model["merges"].Exists ? "BPE"
            : model["vocab"].IsArray ? "Unigram"
            : model["max_input_chars_per_word"].Exists ? "WordPiece"
            : model["vocab"].Exists ? "WordLevel"
            : throw model.Fault($"a model with a type ({Known}) and a vocab");
        return type is "BPE" or "Unigram" or "WordLevel" or "WordPiece"
            ? type
            : throw TokenizerComponents.Unknown(model, "model", type, Known);
    }

    /// <summary>Tokens with their ids; in a Unigram model a token's place in the list is its id. Of equal tokens the last counts.</summary>
    public static List<(string Token, int Id)> ReadVocabulary(JsonField model)
    {
        JsonField vocabulary = model["vocab"];
        List<(string Token, int Id)> tokens = TypeOf(model) == "Unigram"
            ? [.. vocabulary.ScoredTexts().Select((item, id) => (item.Text, id))]
            : vocabulary.Int32Members(0, LargestId);
        return tokens.Count > 0 ? tokens : throw vocabulary.Fault("at least one token");
    }

    public static ITokenModel Read(JsonField model, Dictionary<string, int> ids)
    {
        TokenVocabulary vocabulary = new(ids);
        switch (TypeOf(model))
        {
            case "WordLevel":
                return new WordLevelModel(vocabulary, UnknownId(model, ids));
            case "WordPiece":
                return new WordPieceModel(
                    vocabulary,
                    UnknownId(model, ids),
                    model["continuing_subword_prefix"].StringOr("##"),
                    model["max_input_chars_per_word"].Int32Or(100, 1, int.MaxValue));
            case "Unigram":
                double[] scores = [.. model["vocab"].ScoredTexts().Select(item => item.Number)];
                int? unknown = model["unk_id"].Exists ? model["unk_id"].AsInt32(0, scores.Length - 1) : null;
                return new UnigramModel(vocabulary, scores, unknown, model["byte_fallback"].BooleanOr(false), model.File);
            default:
                return ReadBpe(model, vocabulary);
        }
    }

    private static BpeModel ReadBpe(JsonField model, TokenVocabulary vocabulary)
    {
        string prefix = model["continuing_subword_prefix"].StringOr("");
        return new BpeModel(
            vocabulary,
            ReadMerges(model["merges"], vocabulary, prefix),
            model["unk_token"].Exists ? UnknownId(model, vocabulary.Ids) : null,
            model["fuse_unk"].BooleanOr(false),
            model["byte_fallback"].BooleanOr(false),
            model["ignore_merges"].BooleanOr(false),
            prefix,
            model["end_of_word_suffix"].StringOr(""));
    }

    private static MergeTable ReadMerges(JsonField field, TokenVocabulary vocabulary, string prefix)
    {
        List<(int, int, int)> merges = [];
        char[] joined = new char[(2 * vocabulary.LongestToken) + 1];
        foreach ((string left, string right) in field.TextPairs())
        {
            if (left.StartsWith("#version", StringComparison.Ordinal))
            {
                continue;
            }

            int rest = Math.Min(prefix.Length, right.Length);
            int length = left.Length + right.Length - rest;
            if (vocabulary.Find(left) is not int leftId || vocabulary.Find(right) is not int rightId)
            {
                throw field.Fault($"tokens of the vocabulary (merge {merges.Count} is \"{left}\" and \"{right}\")");
            }

            left.CopyTo(joined);
            right.AsSpan(rest).CopyTo(joined.AsSpan(left.Length));
            merges.Add(vocabulary.TryGet(joined.AsSpan(0, length), out int merged)
                ? (leftId, rightId, merged)
                : throw field.Fault(
                    $"merges into tokens of the vocabulary (merge {merges.Count}, \"{left}\" and \"{right}\", makes none)"));
        }

        return new MergeTable(merges);
    }

    private static int UnknownId(JsonField model, Dictionary<string, int> ids) =>
        ids.TryGetValue(model["unk_token"].AsString(), out int id) ? id : throw model["unk_token"].Fault("a token of the vocabulary");
}
