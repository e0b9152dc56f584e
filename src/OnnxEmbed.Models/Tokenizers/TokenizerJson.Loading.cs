using OnnxEmbed.Models.Json;
using OnnxEmbed.Models.Tokenizers.AddedTokens;
using OnnxEmbed.Models.Tokenizers.SpecialTokens;
using OnnxEmbed.Models.Tokenizers.TokenModels;
using OnnxEmbed.Tensors;

namespace OnnxEmbed.Models.Tokenizers;

public sealed partial class TokenizerJson
{
    private TokenizerJson(JsonField root, IReadOnlyList<JsonField> named)
    {
        // Everything that is wrong with the components is told at once; without a vocabulary there is nothing to check them against.
        FaultList faults = new();
        JsonField model = root["model"];
        List<(string Token, int Id)>? vocabulary = faults.Value(() => TokenModelReader.ReadVocabulary(model), null);
        List<AddedToken> added = faults.Value(() => ReadAddedTokens(root["added_tokens"]), []);
        foreach ((string token, int id) in vocabulary ?? [])
        {
            _ids[token] = id;
        }

        Add(added, root["added_tokens"], faults);
        _tokens = faults.Value(() => Invert(vocabulary ?? [("", 0)], model["vocab"]), []);
        _normalizer = TokenizerComponents.Normalizer(root["normalizer"], faults);
        _preTokenizer = TokenizerComponents.PreTokenizer(root["pre_tokenizer"], faults);
        _frame = TokenizerComponents.Frame(root["post_processor"], faults);
        _decoder = TokenizerComponents.Decoder(root["decoder"], faults);
        _model = vocabulary is null ? null! : faults.Value(() => TokenModelReader.Read(model, _ids), null)!;
        if (vocabulary is not null)
        {
            IEnumerable<int> pair = _frame.Pair.Where(piece => piece.Text < 0).Select(piece => piece.Id);
            foreach (int id in _frame.Before.Concat(_frame.After).Concat(pair).Distinct().Where(id => TokenOf(id) is null))
            {
                faults.Add($"{root.File}: post_processor needs ids of the vocabulary, got {id} (id {id} is not one)");
            }
        }

        JsonField truncation = root["truncation"];
        JsonField padding = root["padding"];
        DeclaredMaxLength = truncation.Exists ? faults.Value(() => (int?)truncation["max_length"].AsInt32(0, int.MaxValue), null) : null;
        TruncatesLeft = faults.Value(() => IsLeft(named, "truncation_side", truncation["direction"]), false);
        Padding = new TokenPadding(
            faults.Value(() => IsLeft(named, "padding_side", padding["direction"]), false),
            faults.Value(() => padding["pad_to_multiple_of"].Int32Or(1, 1, 1 << 16), 1));
        faults.ThrowIfAny();
        _rawTokens = new AddedTokenMatcher(added.Where(token => !token.Normalized), token => token.Content);
        _normalizedTokens = new AddedTokenMatcher(added.Where(token => token.Normalized), NormalizedContent);
        PadId = Named(named, "pad_token", faults) ?? IdOf(padding["pad_token"].IsString ? padding["pad_token"].AsString() : "");
        UnknownId = Named(named, "unk_token", faults) ?? UnknownOf(model);
        MaskId = Named(named, "mask_token", faults);
        ClsId = Named(named, "cls_token", faults);
        SepId = Named(named, "sep_token", faults);
        BosId = Named(named, "bos_token", faults);
        EosId = Named(named, "eos_token", faults);
        faults.ThrowIfAny();
        _skipped = [.. added.Where(token => token.IsSpecial).Select(token => token.Id)];
        _special = new bool[_tokens.Length];
        IEnumerable<int?> namedIds = [PadId, UnknownId, MaskId, ClsId, SepId, BosId, EosId];
        foreach (int id in namedIds.OfType<int>().Concat(_skipped))
        {
            _special[id] = true;
        }
    }

    /// <summary>
    /// Reads <c>tokenizer.json</c> of a directory, and the names of its special tokens and the sides to pad and to cut from
    /// <c>special_tokens_map.json</c> and <c>tokenizer_config.json</c> where these are there (the first that says something counts).
    /// </summary>
    /// <exception cref="DataException">A file is missing or is no JSON, a value is wrong, or a component is not supported.</exception>
    public static TokenizerJson Load(string directory)
    {
        ArgumentNullException.ThrowIfNull(directory);
        JsonField root = JsonField.Read(Path.Combine(directory, FileName));
        List<JsonField> named = [];
        foreach (string name in (string[])["special_tokens_map.json", "tokenizer_config.json"])
        {
            string path = Path.Combine(directory, name);
            if (File.Exists(path))
            {
                named.Add(JsonField.Read(path));
            }
        }

        return new TokenizerJson(root, named);
    }

    /// <summary>Reads the bytes of a <c>tokenizer.json</c>.</summary>
    /// <param name="file">Its name in errors.</param>
    /// <param name="utf8">Its content.</param>
    /// <exception cref="DataException">The content is no JSON, a value is wrong, or a component is not supported.</exception>
    public static TokenizerJson Parse(string file, ReadOnlyMemory<byte> utf8)
    {
        ArgumentNullException.ThrowIfNull(file);
        return new TokenizerJson(JsonField.Parse(file, utf8), []);
    }

    private string?[] Invert(List<(string Token, int Id)> vocabulary, JsonField field)
    {
        string?[] tokens = new string?[vocabulary.Select(one => one.Id).Concat(_addedIds.Values).Max() + 1];
        IEnumerable<(string, int)> added = _addedIds.Where(one => !_ids.ContainsKey(one.Key)).Select(one => (one.Key, one.Value));
        foreach ((string token, int id) in vocabulary.Concat(added))
        {
            tokens[id] = tokens[id] is null
                ? token
                : throw field.Fault($"one token for each id (id {id} is \"{tokens[id]}\" and \"{token}\")");
        }

        return tokens;
    }

    private static List<AddedToken> ReadAddedTokens(JsonField field) => field.Exists ? [.. field.Items().Select(ReadAdded)] : [];

    private static AddedToken ReadAdded(JsonField field)
    {
        bool special = field["special"].BooleanOr(false);
        return new AddedToken(
            field["id"].AsInt32(0, TokenModelReader.LargestId),
            field["content"].AsString(),
            special,
            field["normalized"].BooleanOr(!special),
            field["single_word"].BooleanOr(false),
            field["lstrip"].BooleanOr(false),
            field["rstrip"].BooleanOr(false));
    }

    private static bool IsLeft(IReadOnlyList<JsonField> files, string name, JsonField fallback)
    {
        JsonField side = files.Select(file => file[name]).FirstOrDefault(field => field.Exists, fallback);
        return side.StringOr("right") switch
        {
            "left" or "Left" => true,
            "right" or "Right" => false,
            _ => throw side.Fault("left or right"),
        };
    }

    private void Add(IEnumerable<AddedToken> added, JsonField field, FaultList faults)
    {
        foreach (AddedToken token in added)
        {
            if (IdOf(token.Content) is int id && id != token.Id)
            {
                faults.Add(field.Fault($"the id {id} that the vocabulary gives \"{token.Content}\", not {token.Id}, in the list").Message);
            }

            _addedIds[token.Content] = token.Id;
        }
    }

    private string NormalizedContent(AddedToken token)
    {
        bool cut = false;
        return _normalizer?.Normalize(token.Content, ref cut) ?? token.Content;
    }

    private int? UnknownOf(JsonField model) => model["unk_id"].IsNumber
        ? model["unk_id"].AsInt32(0, TokenModelReader.LargestId)
        : model["unk_token"].IsString ? IdOf(model["unk_token"].AsString()) : null;

    // A token is named by its text or by an object with the text as content.
    private int? Named(IReadOnlyList<JsonField> files, string name, FaultList faults)
    {
        foreach (JsonField file in files)
        {
            JsonField field = file[name].IsObject ? file[name]["content"] : file[name];
            if (field.Exists)
            {
                return faults.Value(() => IdOf(field.AsString()) ?? throw field.Fault("a token of the vocabulary"), (int?)null);
            }
        }

        return null;
    }
}
