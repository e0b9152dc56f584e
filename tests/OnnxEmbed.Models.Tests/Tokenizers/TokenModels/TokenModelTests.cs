using System.Diagnostics;
using System.Text;
using CsCheck;
using OnnxEmbed.Models.Tokenizers;

namespace OnnxEmbed.Models.Tests.Tokenizers.TokenModels;

public sealed class TokenModelTests
{
    private static readonly (string Left, string Right)[] Merges =
        [("a", "b"), ("b", "c"), ("ab", "ab"), ("c", "a"), ("ab", "c"), ("a", "a"), ("aa", "aa"), ("abab", "abab"), ("bc", "a"), ("aaaa", "b"), ("c", "c")];

    [Fact]
    public void Encode_BpeWordsShortAndLong_EqualsTheDefinition()
    {
        TokenizerJson tokenizer = Abc();

        // Words beyond 24 characters go through the queue, shorter ones do not; none beyond 48 is remembered.
        Gen.Char["abc"].Array[0, 70].Select(letters => new string(letters)).Sample(
            word => Assert.Equal(
                ReferenceBpe.Merge(word.Select(c => c.ToString()), Merges), tokenizer.Encode(word).Select(id => tokenizer.TokenOf(id)!)),
            iter: 300,
            threads: 1);
    }

    [Fact]
    public void Encode_MoreWordsThanAreRemembered_GivesTheSameIds()
    {
        TokenizerJson tokenizer = Abc();
        string[] words = [.. Enumerable.Range(0, 30_000).Select(i => Convert.ToString(i, 2).Replace('0', 'a').Replace('1', 'b') + (i % 3 == 0 ? "c" : ""))];
        int[][] first = [.. words.Take(50).Select(word => tokenizer.Encode(word))];
        foreach (string word in words)
        {
            tokenizer.Encode(word);
        }

        Assert.Equal(first, words.Take(50).Select(word => tokenizer.Encode(word)));
    }

    [Theory]
    [InlineData("gpt2", "a")]
    [InlineData("llama3", "ab")]
    [InlineData("llama2", "the ")]
    [InlineData("mistral", "é")]
    [InlineData("unigram-whole", "the ")]
    [InlineData("xlm-roberta", "word")]
    [InlineData("bert-cased", "x")]
    [InlineData("deepseek", "1")]
    [InlineData("gpt4o", "AbC")]
    [InlineData("qwen2", " ")]
    [InlineData("bloom", "\n")]
    [InlineData("unigram-bytes", "\u0301")]
    public void Encode_MillionCharactersWithoutAPause_TakesSeconds(string name, string unit)
    {
        TokenizerJson tokenizer = ReferenceData.Load(name);
        string text = new StringBuilder().Insert(0, unit, 1_000_000 / unit.Length).ToString();
        long began = Stopwatch.GetTimestamp();

        int count = tokenizer.Encode(text).Length;

        // Work that grows with the square of the length would take hours; the bound leaves room for an unoptimised build on a busy machine.
        Assert.True(count > 0);
        Assert.True(Stopwatch.GetElapsedTime(began) < TimeSpan.FromSeconds(90), $"took {Stopwatch.GetElapsedTime(began)}");
    }

    [Theory]
    [InlineData("gpt2")]
    [InlineData("bert-uncased")]
    [InlineData("xlm-roberta")]
    public void Encode_SeveralThreads_GivesTheSameIds(string name)
    {
        TokenizerJson tokenizer = ReferenceData.Load(name);
        int[][] expected = [.. ReferenceData.Texts.Select(text => tokenizer.Encode(text))];
        int[][] actual = new int[expected.Length][];

        Parallel.For(
            0,
            expected.Length,
            new ParallelOptions { MaxDegreeOfParallelism = 8, CancellationToken = TestContext.Current.CancellationToken },
            i => actual[i] = tokenizer.Encode(ReferenceData.Texts[i]));

        Assert.Equal(expected, actual);
    }

    [Theory]
    [InlineData("gpt2")]
    [InlineData("words")]
    public void Encode_LoneSurrogate_IsTheReplacementCharacter(string name)
    {
        TokenizerJson tokenizer = ReferenceData.Load(name);

        Assert.Equal(tokenizer.Encode("a\ufffdb 😀\ufffd"), tokenizer.Encode("a\ud800b 😀\udc00"));
    }

    [Fact]
    public void Encode_UnigramWithoutUnknownToken_RefusesUnknownText()
    {
        TokenizerJson tokenizer = TokenizerJson.Parse("t.json", """{"model":{"type":"Unigram","vocab":[["a",-1],["b",-2],["ab",-2.5]]}}"""u8.ToArray());

        Assert.Equal([2, 0], tokenizer.Encode("aba"));
        Assert.StartsWith(
            "t.json: model.unk_id needs", Assert.Throws<OnnxEmbed.Tensors.DataException>(() => tokenizer.Encode("x")).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void EncodeBatch_LeftPaddedFile_PutsPadsBefore()
    {
        TokenizerJson tokenizer = TokenizerJson.Parse("t.json", """
            {"model":{"type":"WordLevel","unk_token":"?","vocab":{"?":0,"a":1,"_":2}},"pre_tokenizer":{"type":"WhitespaceSplit"},
             "padding":{"strategy":"BatchLongest","direction":"Left","pad_to_multiple_of":4,"pad_id":2,"pad_type_id":0,"pad_token":"_"}}
            """u8.ToArray());

        TokenBatch batch = tokenizer.EncodeBatch(["a", "a a a b"]);

        Assert.Equal(4, batch.SequenceLength);
        Assert.Equal([2, 2, 2, 1, 1, 1, 1, 0], batch.InputIds);
        Assert.Equal([0, 0, 0, 1, 1, 1, 1, 1], batch.AttentionMask);
    }

    private static TokenizerJson Abc()
    {
        string[] tokens = [.. ((string[])["a", "b", "c"]).Concat(Merges.Select(merge => merge.Left + merge.Right)).Distinct()];
        string vocabulary = string.Join(',', tokens.Select((token, id) => $"\"{token}\":{id}"));
        string merges = string.Join(',', Merges.Select(merge => $"\"{merge.Left} {merge.Right}\""));
        return TokenizerJson.Parse("abc", Encoding.UTF8.GetBytes($$$"""{"model":{"type":"BPE","vocab":{ {{{vocabulary}}} },"merges":[{{{merges}}}]}}"""));
    }
}
