using OnnxEmbed.Models.Json;
using OnnxEmbed.Models.Tokenizers.Decoders;
using OnnxEmbed.Models.Tokenizers.Normalizers;
using OnnxEmbed.Models.Tokenizers.Patterns;
using OnnxEmbed.Models.Tokenizers.PreTokenizers;
using OnnxEmbed.Models.Tokenizers.SpecialTokens;
using OnnxEmbed.Models.Tokenizers.Unicode;
using OnnxEmbed.Tensors;

namespace OnnxEmbed.Models.Tokenizers;

/// <summary>
/// The components of a <c>tokenizer.json</c> that are read, by their <c>type</c>
/// (https://github.com/huggingface/tokenizers/tree/v0.22.0/tokenizers/src). A type that is not listed is a fault that names it.
/// </summary>
internal static class TokenizerComponents
{
    public const string Normalizers = "BertNormalizer, ByteLevel, Lowercase, NFC, NFD, NFKC, NFKD, Nmt, Precompiled, Prepend, Replace, "
        + "Sequence, Strip, StripAccents";

    public const string PreTokenizers = "BertPreTokenizer, ByteLevel, CharDelimiterSplit, Digits, FixedLength, Metaspace, Punctuation, "
        + "Sequence, Split, UnicodeScripts, Whitespace, WhitespaceSplit";

    public const string PostProcessors = "BertProcessing, ByteLevel, RobertaProcessing, Sequence, TemplateProcessing";

    public const string Decoders = "BPEDecoder, ByteFallback, ByteLevel, CTC, Fuse, Metaspace, Replace, Sequence, Strip, WordPiece";

    /// <summary>The normalizer of a field, null where the field does not exist or has a fault, which is added.</summary>
    public static INormalizer? Normalizer(JsonField field, FaultList faults) =>
        field.Exists ? faults.Value(() => ReadNormalizer(field, faults), null) : null;

    /// <summary>The pre-tokenizer of a field, null where the field does not exist or has a fault, which is added.</summary>
    public static IPreTokenizer? PreTokenizer(JsonField field, FaultList faults) =>
        field.Exists ? faults.Value(() => ReadPreTokenizer(field, faults), null) : null;

    /// <summary>What a post-processor puts around texts.</summary>
    public static SpecialTokenFrame Frame(JsonField field, FaultList faults)
    {
        if (!field.Exists)
        {
            return SpecialTokenFrame.None;
        }

        return faults.Value(
            () => TypeOf(field) switch
            {
                "TemplateProcessing" => SpecialTokenFrame.ReadTemplate(field),
                "BertProcessing" => SpecialTokenFrame.ReadBert(field),
                "RobertaProcessing" => SpecialTokenFrame.ReadRoberta(field),
                "ByteLevel" => SpecialTokenFrame.None, // it moves offsets only
                "Sequence" => ReadFrames(field, faults),
                string other => throw Unknown(field, "post-processor", other, PostProcessors),
            },
            SpecialTokenFrame.None);
    }

    /// <summary>How tokens become text; null where the file does not say.</summary>
    public static ITokenDecoder? Decoder(JsonField field, FaultList faults) =>
        field.Exists ? faults.Value(() => ReadDecoder(field, faults), null) : null;

    public static DataException Unknown(JsonField field, string kind, string type, string known) =>
        new($"{field.File}: {field.Path} needs a {kind} that is known ({known}), got {type}");

    public static string TypeOf(JsonField field) => field["type"].AsString();

    private static INormalizer ReadNormalizer(JsonField field, FaultList faults) => TypeOf(field) switch
    {
        "BertNormalizer" => ReadBert(field),
        "ByteLevel" => new ByteLevelNormalizer(),
        "Lowercase" => new LowercaseNormalizer(),
        "NFC" => new UnicodeNormalizer(compatibility: false, compose: true),
        "NFD" => new UnicodeNormalizer(compatibility: false, compose: false),
        "NFKC" => new UnicodeNormalizer(compatibility: true, compose: true),
        "NFKD" => new UnicodeNormalizer(compatibility: true, compose: false),
        "Nmt" => FilterNormalizer.Nmt,
        "Precompiled" => PrecompiledNormalizer.Read(field),
        "Prepend" => new PrependNormalizer(field["prepend"].AsString()),
        "Replace" => new ReplaceNormalizer(TextPattern.Read(field["pattern"]), field["content"].AsString()),
        "Sequence" => new SequenceNormalizer(
            [.. field["normalizers"].Items().Select(part => Normalizer(part, faults)).OfType<INormalizer>()]),
        "Strip" => new StripNormalizer(field["strip_left"].BooleanOr(true), field["strip_right"].BooleanOr(true)),
        "StripAccents" => FilterNormalizer.StripAccents,
        string other => throw Unknown(field, "normalizer", other, Normalizers),
    };

    private static BertNormalizer ReadBert(JsonField field)
    {
        bool lowercase = field["lowercase"].BooleanOr(true);
        return new BertNormalizer(
            field["clean_text"].BooleanOr(true),
            field["handle_chinese_chars"].BooleanOr(true),
            field["strip_accents"].BooleanOr(lowercase),
            lowercase);
    }

    private static IPreTokenizer ReadPreTokenizer(JsonField field, FaultList faults) => TypeOf(field) switch
    {
        "BertPreTokenizer" => new BertPreTokenizer(),
        "ByteLevel" => new ByteLevelPreTokenizer(field["add_prefix_space"].BooleanOr(true), field["use_regex"].BooleanOr(true)),
        "CharDelimiterSplit" => new CharacterPreTokenizer(CodePointSet.Of(ReadCharacter(field["delimiter"])), DelimiterBehavior.Removed),
        "Digits" => new CharacterPreTokenizer(
            CharacterPreTokenizer.Numbers,
            field["individual_digits"].BooleanOr(false) ? DelimiterBehavior.Isolated : DelimiterBehavior.Contiguous),
        "FixedLength" => new FixedLengthPreTokenizer(field["length"].Int32Or(5, 1, 1 << 20)),
        "Metaspace" => ReadMetaspace(field),
        "Punctuation" => new CharacterPreTokenizer(
            CharacterPreTokenizer.Punctuation,
            field["behavior"].Exists ? OneOf<DelimiterBehavior>(field["behavior"], ignoreCase: false) : DelimiterBehavior.Isolated),
        "Sequence" => new SequencePreTokenizer(
            [.. field["pretokenizers"].Items().Select(part => PreTokenizer(part, faults)).OfType<IPreTokenizer>()]),
        "Split" => new SplitPreTokenizer(
            TextPattern.Read(field["pattern"]),
            OneOf<DelimiterBehavior>(field["behavior"], ignoreCase: false),
            field["invert"].BooleanOr(false)),
        "UnicodeScripts" => new UnicodeScriptsPreTokenizer(),
        "Whitespace" => new WhitespacePreTokenizer(),
        "WhitespaceSplit" => new CharacterPreTokenizer(UnicodeProperties.WhiteSpace, DelimiterBehavior.Removed),
        string other => throw Unknown(field, "pre-tokenizer", other, PreTokenizers),
    };

    private static MetaspacePreTokenizer ReadMetaspace(JsonField field)
    {
        // Files from before prepend_scheme say add_prefix_space.
        bool prefix = field["add_prefix_space"].BooleanOr(true);
        PrependScheme scheme = field["prepend_scheme"].Exists ? OneOf<PrependScheme>(field["prepend_scheme"], ignoreCase: true)
            : prefix ? PrependScheme.Always : PrependScheme.Never;
        if (!prefix && scheme != PrependScheme.Never)
        {
            throw field["prepend_scheme"].Fault("never where add_prefix_space is false");
        }

        string replacement = field["replacement"].Exists ? field["replacement"].AsString() : "\u2581";
        _ = field["replacement"].Exists ? ReadCharacter(field["replacement"]) : 0;
        return new MetaspacePreTokenizer(replacement, scheme, field["split"].BooleanOr(true));
    }

    private static SpecialTokenFrame ReadFrames(JsonField field, FaultList faults)
    {
        List<SpecialTokenFrame> adding =
            [.. field["processors"].Items().Select(part => Frame(part, faults)).Where(one => one.PairCount > 0)];
        return adding.Count switch
        {
            0 => SpecialTokenFrame.None,
            1 => adding[0],
            _ => throw field["processors"].Fault("at most one processor that adds tokens"),
        };
    }

    private static ITokenDecoder ReadDecoder(JsonField field, FaultList faults) => TypeOf(field) switch
    {
        "BPEDecoder" => new BpeDecoder(field["suffix"].StringOr("</w>")),
        "ByteFallback" => new ByteFallbackDecoder(),
        "ByteLevel" => new ByteLevelDecoder(),
        "CTC" => new CtcDecoder(
            field["pad_token"].StringOr("<pad>"), field["word_delimiter_token"].StringOr("|"), field["cleanup"].BooleanOr(true)),
        "Fuse" => new FuseDecoder(),
        "Metaspace" => new MetaspaceDecoder(
            field["replacement"].StringOr("\u2581"),
            field["add_prefix_space"].BooleanOr(true) && field["prepend_scheme"].StringOr("always") != "never"),
        "Replace" => new ReplaceDecoder(TextPattern.Read(field["pattern"]), field["content"].AsString()),
        "Sequence" => new SequenceDecoder([.. field["decoders"].Items().Select(part => Decoder(part, faults)).OfType<ITokenDecoder>()]),
        "Strip" => new StripDecoder(
            ReadCharacter(field["content"]), field["start"].Int32Or(0, 0, int.MaxValue), field["stop"].Int32Or(0, 0, int.MaxValue)),
        "WordPiece" => new WordPieceDecoder(field["prefix"].StringOr("##"), field["cleanup"].BooleanOr(true)),
        string other => throw Unknown(field, "decoder", other, Decoders),
    };

    private static int ReadCharacter(JsonField field)
    {
        string text = field.AsString();
        int units = 0;
        int point = text.Length == 0 ? 0 : CodePoints.At(text, 0, out units);
        return text.Length > 0 && units == text.Length ? point : throw field.Fault("one character");
    }

    private static T OneOf<T>(JsonField field, bool ignoreCase)
        where T : struct, Enum
    {
        string text = field.AsString();
        string[] names = [.. Enum.GetNames<T>().Select(name => ignoreCase ? name.ToLowerInvariant() : name)];
        return names.Contains(text) ? Enum.Parse<T>(text, ignoreCase) : throw field.Fault(string.Join(" or ", names));
    }
}
