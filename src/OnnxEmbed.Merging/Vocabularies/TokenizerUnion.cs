using System.Text.Json.Nodes;

namespace OnnxEmbed.Merging.Vocabularies;

/// <summary>
/// One tokenizer with the tokens of several: the first one's under their ids, then those that later ones have beside it, in the order of
/// the
/// models and their ids. Merges of BPE are the first one's and then the others'; how text is normalised, split and framed is the first
/// one's.
/// </summary>
internal sealed class TokenizerUnion
{
    private static readonly string[] Pieces = ["continuing_subword_prefix", "end_of_word_suffix"];
    private static readonly string[] Compared = ["normalizer", "pre_tokenizer", "post_processor", "decoder"];

    private readonly TokenizerFile _first;
    private readonly Dictionary<string, long> _ids;
    private readonly List<(string Token, TokenizerFile Owner)> _new = [];

    private TokenizerUnion(TokenizerFile first)
    {
        _first = first;
        _ids = new Dictionary<string, long>(first.Ids, StringComparer.Ordinal);
    }

    /// <summary>Ids by token.</summary>
    public IReadOnlyDictionary<string, long> Ids => _ids;

    /// <summary>The file; null where it is the first one's.</summary>
    public JsonObject? Root { get; private set; }

    /// <summary>Entries of <c>added_tokens</c> that the first one has not.</summary>
    public List<JsonObject> Added { get; } = [];

    /// <summary>Makes the tokenizer.</summary>
    /// <param name="first">The one that is continued.</param>
    /// <param name="others">Those whose tokens are added.</param>
    /// <param name="faults">Receives why tokens of another would not mean the same.</param>
    /// <param name="warnings">Receives other differences.</param>
    public static TokenizerUnion Make(TokenizerFile first, IReadOnlyList<TokenizerFile> others, List<string> faults, List<string> warnings)
    {
        TokenizerUnion union = new(first);
        TokenizerFile[] fitting = [.. others.Where(other => Fits(first, other, faults, warnings))];
        long next = first.Ids.Count == 0 ? 0 : first.Ids.Values.Max() + 1;
        foreach (TokenizerFile other in fitting)
        {
            foreach (string token in other.Ids.OrderBy(entry => entry.Value).Select(entry => entry.Key))
            {
                if (union._ids.TryAdd(token, next))
                {
                    union._new.Add((token, other));
                    next++;
                }
            }
        }

        union.Build(fitting);
        return union;
    }

    private static bool Fits(TokenizerFile first, TokenizerFile other, List<string> faults, List<string> warnings)
    {
        if (first.Kind != other.Kind)
        {
            faults.Add($"tokenizer: a union needs tokenizers of one kind, {first.Label} has {first.Kind}, {other.Label} {other.Kind}; "
                + "the tokens of one can be kept (source: base, or a model)");
            return false;
        }

        foreach (string name in Pieces.Where(name => Text(first.Model[name]) != Text(other.Model[name])))
        {
            faults.Add(
                $"tokenizer: a union needs pieces of words that are marked alike, {name} is '{Text(first.Model[name])}' in {first.Label}, "
                + $"'{Text(other.Model[name])}' in {other.Label}");
            return false;
        }

        warnings.AddRange(Compared.Where(name => !JsonNode.DeepEquals(first.Root[name], other.Root[name])).Select(name =>
            $"tokenizer: {name} differs in {other.Label}; that of {first.Label} is kept, with which some tokens may never come up"));
        return true;
    }

    private void Build(IReadOnlyList<TokenizerFile> others)
    {
        List<JsonNode> merges = _first.Kind == "BPE" ? NewMerges(others) : [];
        if (_new.Count + merges.Count == 0)
        {
            return;
        }

        Root = (JsonObject)_first.Root.DeepClone();
        JsonObject model = (JsonObject)Root["model"]!;
        if (model["vocab"] is JsonArray pieces)
        {
            AddPieces(pieces);
        }
        else
        {
            // The library numbers added tokens outside the vocabulary anew behind it: with more tokens there, they have to be inside.
            JsonObject vocabulary = (JsonObject)model["vocab"]!;
            foreach ((string token, long id) in _ids.Where(entry => !vocabulary.ContainsKey(entry.Key)).OrderBy(entry => entry.Value)
                .ToArray())
            {
                vocabulary.Add(token, id);
            }
        }

        if (merges.Count > 0)
        {
            AddMerges((JsonArray)model["merges"]!, merges);
        }

        JsonArray added = Root["added_tokens"] as JsonArray ?? [];
        foreach ((string token, TokenizerFile owner) in _new)
        {
            if (owner.Added.TryGetValue(token, out JsonObject? entry))
            {
                JsonObject copy = (JsonObject)entry.DeepClone();
                copy["id"] = _ids[token];
                added.Add((JsonNode)copy);
                Added.Add(copy);
            }
        }

        Root["added_tokens"] ??= added;
    }

    /// <summary>
    /// Places in the list are ids: what has no score of its own (added tokens, ids without a token) gets the lowest of the first one.
    /// </summary>
    private void AddPieces(JsonArray pieces)
    {
        double lowest = pieces.Count == 0 ? 0 : pieces.Min(piece => piece![1]!.GetValue<double>());
        Dictionary<long, string> tokens = _ids.ToDictionary(entry => entry.Value, entry => entry.Key);
        Dictionary<string, TokenizerFile> owners = _new.ToDictionary(entry => entry.Token, entry => entry.Owner, StringComparer.Ordinal);
        Dictionary<TokenizerFile, Dictionary<string, double>> scores = owners.Values.Distinct().ToDictionary(owner => owner, Scores);
        for (long id = pieces.Count; id <= _ids.Values.Max(); id++)
        {
            string token = tokens.GetValueOrDefault(id) ?? $"[unused id {id}]";
            double score = owners.TryGetValue(token, out TokenizerFile? owner) && scores[owner].TryGetValue(token, out double own) ? own
                : lowest;
            pieces.Add((JsonNode)new JsonArray(token, score));
        }

        static Dictionary<string, double> Scores(TokenizerFile owner) => ((JsonArray)owner.Model["vocab"]!)
            .DistinctBy(piece => piece![0]!.GetValue<string>())
            .ToDictionary(piece => piece![0]!.GetValue<string>(), piece => piece![1]!.GetValue<double>(), StringComparer.Ordinal);
    }

    private List<JsonNode> NewMerges(IReadOnlyList<TokenizerFile> others)
    {
        HashSet<(string, string)> known = [.. Merges(_first).Select(Pair)];
        return [.. others.SelectMany(Merges).Where(merge => known.Add(Pair(merge))).Select(merge => merge.DeepClone())];

        static IEnumerable<JsonNode> Merges(TokenizerFile file) => (file.Model["merges"] as JsonArray ?? []).OfType<JsonNode>();
    }

    /// <summary>A merge is "one two", or since a token may hold a blank ["one", "two"]; a file has one form.</summary>
    private static void AddMerges(JsonArray merges, List<JsonNode> more)
    {
        bool blanks = merges.Concat(more).Any(merge => merge is JsonArray);
        JsonNode[] all = [.. merges.Concat(more).OfType<JsonNode>()];
        merges.Clear();
        foreach (JsonNode merge in all)
        {
            (string one, string two) = Pair(merge);
            merges.Add(blanks ? new JsonArray(one, two) : JsonValue.Create($"{one} {two}"));
        }
    }

    private static (string One, string Two) Pair(JsonNode merge)
    {
        if (merge is JsonArray pair)
        {
            return (pair[0]!.GetValue<string>(), pair[1]!.GetValue<string>());
        }

        string text = merge.GetValue<string>();
        int blank = text.IndexOf(' ', StringComparison.Ordinal);
        return blank < 0 ? (text, "") : (text[..blank], text[(blank + 1)..]);
    }

    private static string Text(JsonNode? node) => node?.ToString() ?? "";
}
