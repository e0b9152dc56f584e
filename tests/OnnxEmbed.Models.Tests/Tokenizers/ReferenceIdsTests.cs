using System.Text;
using System.Text.Json.Nodes;
using OnnxEmbed.Models.Tokenizers;
using OnnxEmbed.Models.Tokenizers.SpecialTokens;
using OnnxEmbed.Tensors;

namespace OnnxEmbed.Models.Tests.Tokenizers;

/// <summary>Every id equals that of the tokenizers library on the whole corpus.</summary>
public sealed class ReferenceIdsTests
{
    public static TheoryData<string> Names => [.. ReferenceData.Tokenizers.Select(pair => pair.Key)];

    public static TheoryData<string> PairNames => [.. ReferenceData.Expected["pairs"]!.AsObject().Select(pair => pair.Key)];

    [Theory]
    [MemberData(nameof(Names))]
    public void Encode_Corpus_EqualsTheLibrary(string name)
    {
        TokenizerJson tokenizer = ReferenceData.Load(name);

        Compare(name, ReferenceData.Expected["ids"]![name]!.AsArray(), text => tokenizer.Encode(text));
    }

    [Theory]
    [InlineData("bert-uncased")]
    [InlineData("roberta")]
    public void Encode_TruncatedCorpus_EqualsTheLibrary(string name)
    {
        TokenizerJson tokenizer = ReferenceData.Load(name);

        Compare(name, ReferenceData.Expected["truncated"]![name]!.AsArray(), text => tokenizer.Encode(text, tokenizer.DeclaredMaxLength!.Value));
    }

    [Theory]
    [MemberData(nameof(PairNames))]
    public void EncodePair_Corpus_EqualsTheLibrary(string name)
    {
        // "bert-uncased OnlyFirst" is cut to twelve ids.
        string[] parts = name.Split(' ');
        TokenizerJson tokenizer = ReferenceData.Load(parts[0]);
        PairTruncation truncation = parts.Length > 1 ? Enum.Parse<PairTruncation>(parts[1]) : PairTruncation.LongestFirst;
        JsonArray expected = ReferenceData.Expected["pairs"]![name]!.AsArray();

        foreach (((string first, string second), JsonNode? pair) in ReferenceData.Pairs.Zip(expected))
        {
            List<int> ids = [];
            List<int> typeIds = [];
            void Encode() => tokenizer.EncodePair(first, second, parts.Length > 1 ? 12 : int.MaxValue, ids, typeIds, truncation);
            if (pair is null)
            {
                Assert.Throws<OptionException>(Encode);
                continue;
            }

            Encode();
            Assert.Equal((pair[0]!.GetValue<string>(), pair[1]!.GetValue<string>()), (string.Join(' ', ids), string.Join(' ', typeIds)));
        }
    }

    [Fact]
    public void EncodeBatch_PaddedFile_EqualsTheLibrary()
    {
        TokenizerJson tokenizer = ReferenceData.Load("bert-uncased");
        string[] expected = [.. ReferenceData.Expected["padded"]!["bert-uncased"]!.AsArray().Select(row => row!.GetValue<string>())];

        TokenBatch batch = tokenizer.EncodeBatch([.. ReferenceData.Texts.Skip(4).Take(8)]);

        Assert.Equal(expected, batch.InputIds.Chunk(batch.SequenceLength).Select(row => string.Join(' ', row)));
        Assert.Equal(0, batch.SequenceLength % 8);
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Decode_Ids_EqualsTheLibrary(string name)
    {
        TokenizerJson tokenizer = ReferenceData.Load(name);
        JsonArray expected = ReferenceData.Expected["decoded"]![name]!.AsArray();
        for (int i = 0; i < expected.Count; i++)
        {
            Assert.Equal(expected[i]!.GetValue<string>(), tokenizer.Decode(tokenizer.Encode(ReferenceData.Texts[i]), skipSpecialTokens: true));
        }
    }

    private static void Compare(string name, JsonArray expected, Func<string, int[]> encode)
    {
        StringBuilder different = new();
        int count = 0;
        for (int i = 0; i < expected.Count; i++)
        {
            string ids = string.Join(' ', encode(ReferenceData.Texts[i]));
            if (ids != expected[i]!.GetValue<string>() && ++count <= 5)
            {
                different.AppendLine($"{i} \"{ReferenceData.Texts[i]}\"\n   {expected[i]}\n   {ids}");
            }
        }

        Assert.True(count == 0, $"{name}: {count} of {expected.Count} texts differ (library, ours)\n{different}");
    }
}
