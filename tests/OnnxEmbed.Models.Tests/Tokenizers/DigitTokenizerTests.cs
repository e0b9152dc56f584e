using OnnxEmbed.Models.Tokenizers;
using OnnxEmbed.TestKit.Files;

namespace OnnxEmbed.Models.Tests.Tokenizers;

public sealed class DigitTokenizerTests
{
    [Fact]
    public void Encode_NumberList_IsOneTokenACharacterAndOneASeparator()
    {
        ITextTokenizer tokenizer = Make(DigitTokenizerKind.Encoder);

        int[] ids = tokenizer.Encode("12, 305");

        Assert.Equal(["[CLS]", "1", "2", ",", "3", "0", "5", "[SEP]"], ids.Select(id => tokenizer.TokenOf(id)!));
        Assert.Equal("[CLS]12,305[SEP]", tokenizer.Decode(ids));
        Assert.Equal("12,305", tokenizer.Decode(ids, skipSpecialTokens: true));
    }

    [Theory]
    [InlineData("", 2)]
    [InlineData("1", 3)]
    [InlineData("1,  2", 6)] // ", " becomes ",", the second blank stays
    [InlineData("\U0001F600", 3)] // one code point, one unknown token
    [InlineData("e\u0301", 4)] // two code points
    [InlineData("[MASK]9", 4)] // a special token in the text is that token
    public void Encode_TrickyText_HasTheTokensOfItsCodePoints(string text, int count) =>
        Assert.Equal(count, Make(DigitTokenizerKind.Encoder).Encode(text).Length);

    [Fact]
    public void Encode_TextLongerThanMaximum_IsCutAtItsEndAndKeepsTheSeparator()
    {
        ITextTokenizer tokenizer = Make(DigitTokenizerKind.Decoder);
        List<int> ids = [99];

        int whole = tokenizer.Encode("123456", 5, ids);

        Assert.Equal(8, whole);
        Assert.Equal([99, DigitTokenizer.ClsId, 6, 7, 8, DigitTokenizer.SepId], ids);
    }

    [Fact]
    public void Encode_MaximumWithoutRoomForSpecialTokens_Throws() =>
        Assert.Throws<OnnxEmbed.Tensors.OptionException>(() => Make(DigitTokenizerKind.Encoder).Encode("1", 1));

    [Fact]
    public void SpecialIds_OfEachKind_AreNamed()
    {
        ITextTokenizer encoder = Make(DigitTokenizerKind.Encoder);
        ITextTokenizer decoder = Make(DigitTokenizerKind.Decoder);

        Assert.Equal((0, 1, 2, 3, 4), (encoder.PadId, encoder.UnknownId, encoder.ClsId, encoder.SepId, encoder.MaskId));
        Assert.Equal((null, null), (encoder.BosId, encoder.EosId));
        Assert.Equal((2, 3), (decoder.BosId, decoder.EosId));
        Assert.All(Enumerable.Range(0, 5), id => Assert.True(encoder.IsSpecial(id)));
        Assert.False(encoder.IsSpecial(5));
        Assert.Equal(DigitTokenizer.Vocabulary.Count, encoder.VocabularySize);
    }

    [Fact]
    public void EncodeBatch_TextsOfSeveralLengths_PadsRightAndMasks()
    {
        TokenBatch batch = Make(DigitTokenizerKind.Encoder).EncodeBatch(["1", "234", "56789"], maxLength: 5);

        Assert.Equal((3, 5, 1), (batch.BatchSize, batch.SequenceLength, batch.TruncatedCount));
        Assert.Equal([2, 6, 3, 0, 0, 2, 7, 8, 9, 3, 2, 10, 11, 12, 3], batch.InputIds);
        Assert.Equal([1, 1, 1, 0, 0, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1], batch.AttentionMask);
    }

    [Fact]
    public void Write_Vocabulary_IsAlsoThatOfVocabTxt()
    {
        using TemporaryDirectory directory = new();
        DigitTokenizer.Write(directory.Path, DigitTokenizerKind.Encoder, 64);

        Assert.Equal(DigitTokenizer.Vocabulary, File.ReadAllText(directory["vocab.txt"]).TrimEnd('\n').Split('\n'));
        Assert.Equal(["special_tokens_map.json", "tokenizer.json", "tokenizer_config.json", "vocab.txt"], directory.Files());
    }

    private static TokenizerJson Make(DigitTokenizerKind kind)
    {
        using TemporaryDirectory directory = new();
        DigitTokenizer.Write(directory.Path, kind, 64);
        return TokenizerJson.Load(directory.Path);
    }
}
