using OnnxEmbed.Models.Json;
using OnnxEmbed.Tensors;

namespace OnnxEmbed.Models.Tokenizers;

public sealed partial class TokenizerJson
{
    // No published vocabulary comes near; a larger id in a file is a fault, not a request for gigabytes.
    private const int LargestId = (1 << 24) - 1;

    private TokenizerJson(JsonField root, IReadOnlyList<JsonField> named)
    {
        _ids = ReadVocabulary(root["model"]["vocab"]);
        List<AddedToken> added = root["added_tokens"].Exists ? [.. root["added_tokens"].Items().Select(ReadAdded)] : [];
        foreach (AddedToken token in added)
        {
            if (_ids.TryGetValue(token.Content, out int id) && id != token.Id)
            {
                throw root["added_tokens"].Fault($"the id {id} that the vocabulary gives \"{token.Content}\", not {token.Id}, in the list");
            }

            _ids[token.Content] = token.Id;
        }

        _tokens = new string?[_ids.Count == 0 ? 0 : _ids.Values.Max() + 1];
        foreach ((string token, int id) in _ids)
        {
            _tokens[id] = _tokens[id] is null
                ? token
                : throw root["model"]["vocab"].Fault($"one token for each id (id {id} is \"{_tokens[id]}\" and \"{token}\")");
        }

        _normalizer = TokenizerComponents.Normalizer(root["normalizer"]);
        _preTokenizer = TokenizerComponents.PreTokenizer(root["pre_tokenizer"]);
        _model = TokenizerComponents.Model(root["model"], _ids);
        _frame = TokenizerComponents.Frame(root["post_processor"]);
        _join = TokenizerComponents.Decoder(root["decoder"]);
        foreach (int id in _frame.Before.Concat(_frame.After))
        {
            _ = TokenOf(id) ?? throw root["post_processor"].Fault($"ids of the vocabulary (id {id} is not one) in the post-processor");
        }

        _rawTokens = new AddedTokenMatcher(added.Where(token => !token.Normalized), token => token.Content);
        _normalizedTokens = new AddedTokenMatcher(
            added.Where(token => token.Normalized), token => _normalizer?.Normalize(token.Content) ?? token.Content);
        PadId = Named(named, "pad_token");
        UnknownId = Named(named, "unk_token") ?? IdOf(root["model"]["unk_token"].StringOr(""));
        MaskId = Named(named, "mask_token");
        ClsId = Named(named, "cls_token");
        SepId = Named(named, "sep_token");
        BosId = Named(named, "bos_token");
        EosId = Named(named, "eos_token");
        _special = new bool[_tokens.Length];
        IEnumerable<int?> namedIds = [PadId, UnknownId, MaskId, ClsId, SepId, BosId, EosId];
        IEnumerable<int> special = namedIds.OfType<int>().Concat(added.Where(token => token.IsSpecial).Select(token => token.Id));
        foreach (int id in special)
        {
            _special[id] = true;
        }
    }

    /// <summary>
    /// Reads <c>tokenizer.json</c> of a directory, and the names of its special tokens from <c>special_tokens_map.json</c> and
    /// <c>tokenizer_config.json</c> where these are there (the first that names a token counts).
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

    private static Dictionary<string, int> ReadVocabulary(JsonField field)
    {
        Dictionary<string, int> ids = new(StringComparer.Ordinal);
        foreach ((string token, JsonField id) in field.Members())
        {
            ids[token] = id.AsInt32(0, LargestId);
        }

        return ids.Count > 0 ? ids : throw field.Fault("at least one token");
    }

    private static AddedToken ReadAdded(JsonField field)
    {
        bool special = field["special"].BooleanOr(false);
        return new AddedToken(
            field["id"].AsInt32(0, LargestId),
            field["content"].AsString(),
            special,
            field["normalized"].BooleanOr(!special),
            field["single_word"].BooleanOr(false),
            field["lstrip"].BooleanOr(false),
            field["rstrip"].BooleanOr(false));
    }

    // A token is named by its text or by an object with the text as content.
    private int? Named(IReadOnlyList<JsonField> files, string name)
    {
        foreach (JsonField file in files)
        {
            JsonField field = file[name].IsObject ? file[name]["content"] : file[name];
            if (field.Exists)
            {
                return IdOf(field.AsString()) ?? throw field.Fault("a token of the vocabulary");
            }
        }

        return null;
    }
}
