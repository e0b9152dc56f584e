using OnnxEmbed.Models.Json;
using OnnxEmbed.Tensors;

namespace OnnxEmbed.Models.Tokenizers;

/// <summary>
/// The components of a <c>tokenizer.json</c> that are read, by their <c>type</c>
/// (https://github.com/huggingface/tokenizers/tree/v0.21.0/tokenizers/src). A type that is not listed is an error that names it.
/// </summary>
internal static class TokenizerComponents
{
    public static INormalizer? Normalizer(JsonField field) => !field.Exists ? null : TypeOf(field) switch
    {
        "Sequence" => new SequenceNormalizer(
            [.. field["normalizers"].Items().Select(part => Normalizer(part) ?? throw part.Fault("a normalizer"))]),
        "Replace" => new ReplaceNormalizer(TextPattern.Read(field["pattern"]), field["content"].AsString()),
        "Lowercase" => new LowercaseNormalizer(),
        "NFC" => new ComposeNormalizer(field.File),
        "Strip" => new StripNormalizer(field["strip_left"].BooleanOr(true), field["strip_right"].BooleanOr(true)),
        string other => throw Unknown(field, "normalizer", other, "Sequence, Replace, Lowercase, NFC, Strip"),
    };

    public static IPreTokenizer? PreTokenizer(JsonField field) => !field.Exists ? null : TypeOf(field) switch
    {
        "Sequence" => new SequencePreTokenizer(
            [.. field["pretokenizers"].Items().Select(part => PreTokenizer(part) ?? throw part.Fault("a pre-tokenizer"))]),
        "Split" => new SplitPreTokenizer(
            TextPattern.Read(field["pattern"]), field["behavior"].AsString() switch
            {
                "Isolated" => true,
                "Removed" => false,
                _ => throw field["behavior"].Fault("Isolated or Removed"),
            },
            field["invert"].BooleanOr(false)),
        "WhitespaceSplit" => new WhitespaceSplitPreTokenizer(),
        string other => throw Unknown(field, "pre-tokenizer", other, "Sequence, Split, WhitespaceSplit"),
    };

    public static ITokenModel Model(JsonField field, Dictionary<string, int> vocabulary)
    {
        string type = TypeOf(field);
        if (type is not ("WordPiece" or "WordLevel"))
        {
            throw Unknown(field, "model", type, "WordPiece, WordLevel");
        }

        string unknown = field["unk_token"].AsString();
        int unknownId = vocabulary.TryGetValue(unknown, out int id) ? id : throw field["unk_token"].Fault("a token of the vocabulary");
        return type == "WordLevel"
            ? new WordLevelModel(vocabulary, unknownId)
            : new WordPieceModel(
                vocabulary,
                unknownId,
                field["continuing_subword_prefix"].StringOr("##"),
                field["max_input_chars_per_word"].Int32Or(100, 1, 1 << 20));
    }

    public static SpecialTokenFrame Frame(JsonField field) => !field.Exists ? SpecialTokenFrame.None : TypeOf(field) switch
    {
        "TemplateProcessing" => SpecialTokenFrame.ReadTemplate(field),
        "BertProcessing" => SpecialTokenFrame.ReadPair(field),
        string other => throw Unknown(field, "post-processor", other, "TemplateProcessing, BertProcessing"),
    };

    public static TokenJoin Decoder(JsonField field) => !field.Exists ? new TokenJoin(" ", null) : TypeOf(field) switch
    {
        "Fuse" => new TokenJoin("", null),
        "WordPiece" => new TokenJoin(" ", field["prefix"].StringOr("##")),
        string other => throw Unknown(field, "decoder", other, "Fuse, WordPiece"),
    };

    private static string TypeOf(JsonField field) => field["type"].AsString();

    private static DataException Unknown(JsonField field, string kind, string type, string known) =>
        new($"{field.File}: {field.Path} needs a {kind} that is known ({known}), got {type}");
}
