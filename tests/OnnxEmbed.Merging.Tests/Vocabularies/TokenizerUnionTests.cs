using System.Text.Json.Nodes;
using OnnxEmbed.Merging.Vocabularies;
using OnnxEmbed.TestKit.Files;

namespace OnnxEmbed.Merging.Tests.Vocabularies;

public class TokenizerUnionTests
{
    [Fact]
    public void Make_Bpe_AddsTokensAndMergesBehindTheFirst()
    {
        TokenizerUnion union = Union(
            """{"added_tokens": [{"id": 4, "content": "<s>", "special": true}], "model": {"type": "BPE", "vocab": {"a": 0, "b": 1, "c": 2, "ab": 3}, "merges": ["a b"]}}""",
            """{"added_tokens": [{"id": 9, "content": "<s>", "special": true}, {"id": 8, "content": "<t>", "special": false, "lstrip": true}], "model": {"type": "BPE", "vocab": {"b": 0, "a": 1, "d": 2, "bd": 3, "ab": 4, "abd": 5}, "merges": [["b", "d"], ["a", "b"], ["a", "bd"]]}}""");
        Assert.Equal(["a", "b", "c", "ab", "<s>", "d", "bd", "abd", "<t>"], union.Ids.OrderBy(entry => entry.Value).Select(entry => entry.Key));
        JsonNode model = union.Root!["model"]!;
        Assert.Equal("""{"a":0,"b":1,"c":2,"ab":3,"<s>":4,"d":5,"bd":6,"abd":7,"<t>":8}""", System.Text.RegularExpressions.Regex.Unescape(model["vocab"]!.ToJsonString()));
        Assert.Equal("""[["a","b"],["b","d"],["a","bd"]]""", model["merges"]!.ToJsonString());
        Assert.Equal(["4", "8"], union.Root["added_tokens"]!.AsArray().Select(token => token!["id"]!.ToString()));
        Assert.True(union.Root["added_tokens"]![1]!["lstrip"]!.GetValue<bool>());
    }

    [Fact]
    public void Make_Unigram_KeepsPlacesAsIdsAndScores()
    {
        TokenizerUnion union = Union(
            """{"added_tokens": [{"id": 3, "content": "<mask>", "special": true}], "model": {"type": "Unigram", "unk_id": 0, "vocab": [["<unk>", 0.0], ["▁a", -1.5], ["b", -2.25]]}}""",
            """{"added_tokens": [], "model": {"type": "Unigram", "unk_id": 0, "vocab": [["<unk>", 0.0], ["▁c", -3.5], ["b", -7.0]]}}""");
        JsonArray pieces = union.Root!["model"]!["vocab"]!.AsArray();
        Assert.Equal(["<unk>", "▁a", "b", "<mask>", "▁c"], pieces.Select(piece => piece![0]!.GetValue<string>()));
        Assert.Equal([0, -1.5, -2.25, -2.25, -3.5], pieces.Select(piece => piece![1]!.GetValue<double>()));
        Assert.Equal(4, union.Ids["▁c"]);
    }

    [Fact]
    public void Make_WordLevelWithoutNewTokens_IsTheFirst()
    {
        TokenizerUnion union = Union(
            """{"model": {"type": "WordLevel", "vocab": {"a": 0, "b": 1}, "unk_token": "a"}}""", """{"model": {"type": "WordLevel", "vocab": {"b": 0}, "unk_token": "b"}}""");
        Assert.Null(union.Root);
        Assert.Equal(2, union.Ids.Count);
    }

    [Theory]
    [InlineData("""{"model": {"type": "WordLevel", "vocab": {"a": 0}}}""", "tokenizer: a union needs tokenizers of one kind, first has WordPiece, other WordLevel")]
    [InlineData("""{"model": {"type": "WordPiece", "continuing_subword_prefix": "@@", "vocab": {"a": 0}}}""", "continuing_subword_prefix is '##' in first, '@@' in other")]
    public void Make_TokensThatMeanSomethingElse_AreRefused(string other, string expected)
    {
        using TemporaryDirectory directory = new();
        List<string> faults = [];
        TokenizerUnion.Make(
            Read(directory, "first", """{"model": {"type": "WordPiece", "continuing_subword_prefix": "##", "vocab": {"a": 0}}}"""), [Read(directory, "other", other)], faults, []);
        Assert.Contains(expected, Assert.Single(faults), StringComparison.Ordinal);
    }

    private static TokenizerUnion Union(string first, string other)
    {
        using TemporaryDirectory directory = new();
        List<string> faults = [];
        TokenizerUnion union = TokenizerUnion.Make(Read(directory, "first", first), [Read(directory, "other", other)], faults, []);
        Assert.Empty(faults);
        return union;
    }

    private static TokenizerFile Read(TemporaryDirectory directory, string label, string text)
    {
        Directory.CreateDirectory(directory[label]);
        File.WriteAllText(directory[label, "tokenizer.json"], text);
        return TokenizerFile.Read(label, directory[label]);
    }
}
