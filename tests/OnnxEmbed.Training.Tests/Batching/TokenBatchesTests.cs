using OnnxEmbed.Models.Tokenizers;
using OnnxEmbed.TestKit.Files;
using OnnxEmbed.Training.Batching;
using OnnxEmbed.Training.Stepping;

namespace OnnxEmbed.Training.Tests.Batching;

public sealed class TokenBatchesTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();
    private readonly ITextTokenizer _tokenizer;

    public TokenBatchesTests()
    {
        DigitTokenizer.Write(_directory.Path, DigitTokenizerKind.Encoder, 128);
        _tokenizer = TokenizerJson.Load(_directory.Path);
    }

    public void Dispose() => _directory.Dispose();

    [Fact]
    public void Causal_Targets_AreTheNextTokens()
    {
        TokenizedTexts texts = Encode("12", "345678");
        TrainingBatch batch = new CausalBatches(texts, 0, 128).Assemble([1, 0], 0);
        Assert.Equal((2, 8), (batch.Rows, batch.Columns));
        Assert.Equal(12, batch.TokenCount);
        int[] ids = texts[0].ToArray();
        Assert.Equal([ids[0], ids[1], ids[2], ids[3], 0, 0, 0, 0], batch.InputIds[8..]);
        Assert.Equal([1, 1, 1, 1, 0, 0, 0, 0], batch.AttentionMask[8..]);
        Assert.Equal([ids[1], ids[2], ids[3], -100, -100, -100, -100, -100], batch.Labels![8..]);
        Assert.Equal(-100, batch.Labels[7]);
    }

    [Fact]
    public void PaddedRows_LongestNearTheLimit_DoNotPassIt()
    {
        TokenizedTexts texts = Encode(new string('1', 100));
        PaddedRows rows = new(
            TokenizedTexts.Encode(_tokenizer, [new string('1', 100)], 30, TestContext.Current.CancellationToken), [0], 0, 30);
        Assert.Equal(30, rows.Columns);
        Assert.Equal(104, new PaddedRows(texts, [0], 0, 128).Columns);
    }

    [Fact]
    public void Encode_LongText_IsCutAndCounted()
    {
        TokenizedTexts texts = TokenizedTexts.Encode(_tokenizer, ["123456", "1"], 5, TestContext.Current.CancellationToken);
        Assert.Equal(1, texts.TruncatedCount);
        Assert.Equal(5, texts.Length(0));
    }

    [Fact]
    public void Masked_ManyTokens_AreHiddenInTheSharesOfThePaper()
    {
        string text = string.Concat(Enumerable.Range(0, 60).Select(i => (char)('a' + (i % 26))));
        TokenizedTexts texts = Encode([.. Enumerable.Repeat(text, 1000)]);
        TrainingBatch batch = new MaskedBatches(texts, _tokenizer, 0, 128, 0.15, 5).Assemble([.. Enumerable.Range(0, 1000)], 0);
        int chosen = 0, masked = 0, kept = 0, special = 0;
        for (int i = 0; i < batch.InputIds.Length; i++)
        {
            if (batch.Labels![i] >= 0)
            {
                chosen++;
                masked += batch.InputIds[i] == _tokenizer.MaskId ? 1 : 0;
                kept += batch.InputIds[i] == batch.Labels[i] ? 1 : 0;
                special += _tokenizer.IsSpecial((int)batch.Labels[i]) ? 1 : 0;
            }
        }

        // 60,000 ordinary tokens; three standard deviations are 263 of the chosen, 114 of the masked, 85 of the kept.
        Assert.Equal(0, special);
        Assert.InRange(chosen, 9_000 - 300, 9_000 + 300);
        Assert.InRange(masked / (double)chosen, 0.785, 0.815);
        Assert.InRange(kept / (double)chosen, 0.09, 0.113);
    }

    [Fact]
    public void Masked_OneText_DependsOnSeedEpochAndTextOnly()
    {
        TokenizedTexts texts = Encode("1, 2, 3, 4, 5, 6, 7, 8", "2, 4, 6, 8, 10, 12");
        MaskedBatches batches = new(texts, _tokenizer, 0, 128, 0.5, 5);
        TrainingBatch both = batches.Assemble([0, 1], 3);
        TrainingBatch second = batches.Assemble([1], 3);
        int length = texts.Length(1);
        Assert.Equal(both.InputIds[both.Columns..(both.Columns + length)], second.InputIds[..length]);
        Assert.NotEqual(second.InputIds, batches.Assemble([1], 4).InputIds);
    }

    [Fact]
    public void Masked_TextWhereNothingWasChosen_HidesOneToken()
    {
        TokenizedTexts texts = Encode([.. Enumerable.Repeat("12", 50)]);
        TrainingBatch batch = new MaskedBatches(texts, _tokenizer, 0, 128, 1e-9, 5).Assemble([.. Enumerable.Range(0, 50)], 0);
        Assert.All(batch.Labels!.Chunk(batch.Columns), row => Assert.Equal(1, row.Count(target => target >= 0)));
    }

    [Fact]
    public void Embedding_Tuples_LieColumnAfterColumn()
    {
        TokenizedTexts texts = Encode("1", "2", "3", "11", "12", "13");
        TrainingBatch batch = new EmbeddingBatches(texts, 2, null, 0, 128).Assemble([2, 0], 0);
        Assert.Equal(["3", "1", "13", "11"], batch.InputIds.Chunk(batch.Columns)
            .Select(row => _tokenizer.Decode([.. row.Select(id => (int)id)], skipSpecialTokens: true)));
        Assert.Null(batch.Labels);
    }

    private TokenizedTexts Encode(params string[] texts) =>
        TokenizedTexts.Encode(_tokenizer, texts, 128, TestContext.Current.CancellationToken);
}
