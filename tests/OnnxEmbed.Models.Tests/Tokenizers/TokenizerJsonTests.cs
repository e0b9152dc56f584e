using CsCheck;
using Microsoft.ML.Tokenizers;
using OnnxEmbed.Models.Tokenizers;
using OnnxEmbed.Tensors;
using OnnxEmbed.TestKit.Files;

namespace OnnxEmbed.Models.Tests.Tokenizers;

public sealed class TokenizerJsonTests
{
    private const string WordVocabulary = """{"[UNK]":0,"[CLS]":1,"[SEP]":2,"un":3,"##aff":4,"##able":5,"aff":6,"a":7,"##b":8,"able":9,"ab":10}""";

    [Theory]
    [InlineData("unaffable", new[] { "un", "##aff", "##able" })]
    [InlineData("ab abable x", new[] { "ab", "ab", "##able", "[UNK]" })]
    [InlineData("  aff\tunable ", new[] { "aff", "un", "##able" })]
    [InlineData("unaffx", new[] { "[UNK]" })]
    public void Encode_WordPieceWords_AreCutGreedily(string text, string[] tokens)
    {
        TokenizerJson tokenizer = Load(Words());

        Assert.Equal(tokens, tokenizer.Encode(text).Select(id => tokenizer.TokenOf(id)!));
    }

    [Fact]
    public void Encode_WordPieceWords_EqualsMicrosoftTokenizers()
    {
        // A second implementation of WordPiece as oracle, on random words over the vocabulary's letters.
        TokenizerJson tokenizer = Load(Words());
        string[] vocabulary = [.. Enumerable.Range(0, tokenizer.VocabularySize).Select(id => tokenizer.TokenOf(id)!)];
        using MemoryStream file = new(System.Text.Encoding.UTF8.GetBytes(string.Join('\n', vocabulary)));
        WordPieceTokenizer oracle = WordPieceTokenizer.Create(file, new WordPieceOptions { UnknownToken = "[UNK]" });

        Gen.Char["unafbleb "].Array[0, 24].Select(letters => new string(letters)).Sample(
            text => Assert.Equal(oracle.EncodeToIds(text), tokenizer.Encode(text)));
    }

    [Fact]
    public void Encode_WordLevel_LooksUpWholePieces()
    {
        TokenizerJson tokenizer = Load("""
            {"model":{"type":"WordLevel","unk_token":"?","vocab":{"?":0,"one":1,"two":2}},"pre_tokenizer":{"type":"WhitespaceSplit"},
             "post_processor":{"type":"BertProcessing","sep":["two",2],"cls":["one",1]}}
            """);

        Assert.Equal([1, 2, 0, 1, 2], tokenizer.Encode("two three one"));
    }

    [Theory]
    [InlineData("Isolated", false, "a1b22", new[] { "a", "1", "b", "22" })]
    [InlineData("Removed", false, "a1b22", new[] { "a", "b" })]
    [InlineData("Removed", true, "a1b22", new[] { "1", "22" })]
    [InlineData("Isolated", true, "a1b22", new[] { "a", "1", "b", "22" })]
    public void Encode_SplitByRegex_KeepsOrDropsMatches(string behavior, bool invert, string text, string[] pieces)
    {
        TokenizerJson tokenizer = Load($$$"""
            {"model":{"type":"WordLevel","unk_token":"?","vocab":{"?":0,"a":1,"b":2,"1":3,"22":4}},
             "pre_tokenizer":{"type":"Split","pattern":{"Regex":"[0-9]+"},"behavior":"{{{behavior}}}","invert":{{{(invert ? "true" : "false")}}}}}
            """);

        Assert.Equal(pieces, tokenizer.Encode(text).Select(id => tokenizer.TokenOf(id)!));
    }

    [Fact]
    public void Encode_AddedTokens_AreLongestFirstAndHonourTheirFlags()
    {
        TokenizerJson tokenizer = Load("""
            {"added_tokens":[
              {"id":3,"content":"<x>","special":true},{"id":4,"content":"<x><y>","special":true},
              {"id":5,"content":"<m>","special":true,"lstrip":true,"rstrip":true},
              {"id":6,"content":"WORD","normalized":true,"single_word":true}],
             "normalizer":{"type":"Sequence","normalizers":[{"type":"Strip"},{"type":"Lowercase"},{"type":"NFC"}]},
             "pre_tokenizer":{"type":"Split","pattern":{"Regex":"."},"behavior":"Isolated"},
             "model":{"type":"WordLevel","unk_token":"?","vocab":{"?":0,"a":1," ":2}}}
            """);

        Assert.Equal([1, 4, 1], tokenizer.Encode("a<x><y>A"));
        Assert.Equal([1, 5, 1], tokenizer.Encode("a  <m> a"));
        Assert.Equal([6, 2, 1], tokenizer.Encode("Word a"));
        Assert.Equal([0, 0, 0, 0, 1], tokenizer.Encode("worda"));
    }

    [Fact]
    public void Encode_ReplaceByRegex_ReplacesEachMatch()
    {
        TokenizerJson tokenizer = Load("""
            {"normalizer":{"type":"Replace","pattern":{"Regex":" +"},"content":"_"},
             "pre_tokenizer":{"type":"Split","pattern":{"Regex":"[\\s\\S]"},"behavior":"Isolated"},
             "model":{"type":"WordLevel","unk_token":"?","vocab":{"?":0,"a":1,"_":2}}}
            """);

        Assert.Equal([1, 2, 1, 2], tokenizer.Encode("a   a "));
    }

    [Theory]
    [InlineData("""{"model":{"type":"Markov","vocab":{"a":0}}}""", "model needs a model that is known (BPE, Unigram, WordLevel, WordPiece), got Markov")]
    [InlineData("""{"model":{"type":"BPE","vocab":{"a":0}}}""", "model.merges needs a list, got nothing")]
    [InlineData("""{"model":{"type":"BPE","vocab":{"a":0},"merges":["a b"]}}""", "model.merges needs tokens of the vocabulary (merge 0 is \"a\" and \"b\")")]
    [InlineData("""{"model":{"type":"BPE","vocab":{"a":0},"merges":[["a","a"]]}}""", "model.merges needs merges into tokens of the vocabulary (merge 0, \"a\" and \"a\", makes none)")]
    [InlineData("""{"model":{"type":"BPE","vocab":{"a":0},"merges":["a"]}}""", "model.merges[0] needs [first, second]")]
    [InlineData("""{"model":{"type":"Unigram","vocab":[["a",0]],"unk_id":1}}""", "model.unk_id needs a whole number in [0, 0], got 1")]
    [InlineData("""{"model":{"type":"Unigram","vocab":[["a","b"]]}}""", "model.vocab[0] needs [token, finite number]")]
    [InlineData("""{"model":{"type":"WordLevel","unk_token":"a","vocab":{"a":0}},"normalizer":{"type":"Rot13"}}""", "normalizer needs a normalizer that is known (BertNormalizer, ")]
    [InlineData("""{"model":{"type":"WordLevel","unk_token":"a","vocab":{"a":0}},"normalizer":{"type":"Precompiled","precompiled_charsmap":"AQAAAAAA"}}""", "normalizer.precompiled_charsmap needs a trie of whole units inside its 6 bytes (it says 1)")]
    [InlineData("""{"model":{"type":"WordLevel","unk_token":"a","vocab":{"a":0}},"pre_tokenizer":{"type":"Sequence","pretokenizers":[{"type":"Wordcut"}]}}""", "pre_tokenizer.pretokenizers[0] needs a pre-tokenizer that is known (BertPreTokenizer, ")]
    [InlineData("""{"model":{"type":"WordLevel","unk_token":"a","vocab":{"a":0}},"pre_tokenizer":{"type":"Metaspace","prepend_scheme":"last"}}""", "pre_tokenizer.prepend_scheme needs first or never or always, got \"last\"")]
    [InlineData("""{"model":{"type":"WordLevel","unk_token":"a","vocab":{"a":0}},"post_processor":{"type":"Other"}}""", "post_processor needs a post-processor that is known")]
    [InlineData("""{"model":{"type":"WordLevel","unk_token":"a","vocab":{"a":0}},"decoder":{"type":"Other"}}""", "decoder needs a decoder that is known")]
    [InlineData("""{"model":{"type":"WordLevel","unk_token":"b","vocab":{"a":0}}}""", "model.unk_token needs a token of the vocabulary, got \"b\"")]
    [InlineData("""{"model":{"type":"WordLevel","unk_token":"a","vocab":{"a":0,"\n":0}}}""", "id 0 is \"a\" and \"\\n\"")]
    [InlineData("""{"model":{"type":"WordLevel","unk_token":"a","vocab":{"a":0,"b":0}}}""", "needs one token for each id")]
    [InlineData("""{"model":{"type":"WordLevel","unk_token":"a","vocab":{"a":-1}}}""", "model.vocab.a needs a whole number in [0, ")]
    [InlineData("""{"model":{"type":"WordLevel","unk_token":"a","vocab":{"a":4000000000}}}""", "model.vocab.a needs a whole number in [0, ")]
    [InlineData("""{"model":{"type":"WordLevel","unk_token":"a","vocab":{"a":0}},"pre_tokenizer":{"type":"Split","pattern":{"Regex":"("},"behavior":"Isolated"}}""", "pre_tokenizer.pattern needs a regular expression")]
    [InlineData("""{"model":{"type":"WordLevel","unk_token":"a","vocab":{"a":0}},"pre_tokenizer":{"type":"Split","pattern":{"String":"x"},"behavior":"Merged"}}""", "pre_tokenizer.behavior needs Removed or Isolated or MergedWithPrevious or MergedWithNext or Contiguous, got \"Merged\"")]
    [InlineData("""{"model":{"type":"WordLevel","unk_token":"a","vocab":{"a":0}},"post_processor":{"type":"BertProcessing","cls":["a",0],"sep":["b",7]}}""", "id 7 is not one")]
    [InlineData("""{"model":""", "needs JSON, got a fault at line 1")]
    public void Load_WrongFile_NamesFileAndComponent(string json, string message)
    {
        using TemporaryDirectory directory = new();
        string path = directory.Write(TokenizerJson.FileName, json);

        DataException e = Assert.Throws<DataException>(() => TokenizerJson.Load(directory.Path));

        Assert.StartsWith(path, e.Message, StringComparison.Ordinal);
        Assert.Contains(message, e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Load_SeveralWrongComponents_NamesAll()
    {
        DataException e = Assert.Throws<DataException>(() => Load("""
            {"model":{"type":"BPE","vocab":{"a":0},"merges":["a b"]},"normalizer":{"type":"Sequence","normalizers":[{"type":"Rot13"},{"type":"Lowercase"}]},
             "pre_tokenizer":{"type":"Sequence","pretokenizers":[{"type":"Split","pattern":{"Regex":"(a"},"behavior":"Isolated"},{"type":"Digits"},{"type":"Wordcut"}]},
             "post_processor":{"type":"BertProcessing","cls":["a",0],"sep":["b",7]},"decoder":{"type":"Other"},"added_tokens":[{"id":3,"content":"a"}]}
            """));

        foreach (string fault in (string[])["model.merges", "normalizers[0]", "pretokenizers[0].pattern", "pretokenizers[2]", "(id 7 is not one)", "decoder", "added_tokens"])
        {
            Assert.Contains(fault, e.Message, StringComparison.Ordinal);
        }

        Assert.DoesNotContain('\n', e.Message);
    }

    [Theory]
    [InlineData("{\"model\":{\"type\":\"WordLevel\",\"unk_token\":\"a\",\"vocab\":{\"a\":0,\"\\ud800\":1}}}", "model.vocab needs names of members that are well-formed text")]
    [InlineData("{\"model\":{\"type\":\"\\ud800\",\"vocab\":{\"a\":0}}}", "model.type needs a string")]
    [InlineData("{\"model\":{\"type\":\"\u00ff\"}}", "needs UTF-8, got other bytes")]
    public void Parse_TextThatIsNone_IsAFault(string json, string message)
    {
        DataException e = Assert.Throws<DataException>(() => TokenizerJson.Parse("t.json", System.Text.Encoding.Latin1.GetBytes(json)));

        Assert.Contains(message, e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Load_NoFile_SaysSo()
    {
        using TemporaryDirectory directory = new();

        DataException e = Assert.Throws<DataException>(() => TokenizerJson.Load(directory.Path));

        Assert.Equal($"{directory[TokenizerJson.FileName]}: needs to exist, there is no such file", e.Message);
    }

    [Fact]
    public void Encode_RegexThatBacktracksForever_EndsWithAnError()
    {
        TokenizerJson tokenizer = Load("""
            {"model":{"type":"WordLevel","unk_token":"a","vocab":{"a":0}},
             "pre_tokenizer":{"type":"Split","pattern":{"Regex":"(a+)+$"},"behavior":"Isolated"}}
            """);

        DataException e = Assert.Throws<DataException>(() => tokenizer.Encode(new string('a', 64) + "b"));

        Assert.Contains("pre_tokenizer.pattern needs to match in a bounded number of steps, took more on a text of 65 characters", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Decode_UnknownId_Throws() => Assert.Throws<ArgumentOutOfRangeException>(() => Load(Words()).Decode([99]));

    [Fact]
    public void Decode_WordPiece_JoinsContinuations() => Assert.Equal("unaffable ab", Load(Words()).Decode([3, 4, 5, 10]));

    private static string Words() => $$$"""
        {"model":{"type":"WordPiece","unk_token":"[UNK]","continuing_subword_prefix":"##","max_input_chars_per_word":100,"vocab": {{{WordVocabulary}}} },
         "pre_tokenizer":{"type":"WhitespaceSplit"},"decoder":{"type":"WordPiece","prefix":"##","cleanup":false}}
        """;

    private static TokenizerJson Load(string json)
    {
        using TemporaryDirectory directory = new();
        directory.Write(TokenizerJson.FileName, json);
        return TokenizerJson.Load(directory.Path);
    }
}
