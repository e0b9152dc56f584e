using CsCheck;
using OnnxEmbed.Tensors;
using OnnxEmbed.Training.Batching;

namespace OnnxEmbed.Training.Tests.Batching;

public sealed class SamplerTests
{
    [Fact]
    public void Shuffled_AnyLengths_EachEpochIsAPermutation() =>
        Gen.Select(Gen.Int[1, 30].Array[1, 300], Gen.Int[1, 17], Gen.ULong).Sample((lengths, size, seed) =>
    {
        ShuffledSampler sampler = new(lengths, size, seed);
        for (int epoch = 0; epoch < 3; epoch++)
        {
            IReadOnlyList<int[]> batches = sampler.Epoch(epoch);
            Assert.Equal(sampler.BatchesPerEpoch, batches.Count);
            Assert.Equal(Enumerable.Range(0, lengths.Length), batches.SelectMany(batch => batch).Order());
        }
    });

    [Fact]
    public void Shuffled_SameSeed_SameBatchesAndOtherEpochOtherBatches()
    {
        int[] lengths = [.. Enumerable.Range(0, 500).Select(i => 1 + (i * 7 % 31))];
        IReadOnlyList<int[]> first = new ShuffledSampler(lengths, 16, 4).Epoch(2);
        Assert.Equal(first, new ShuffledSampler(lengths, 16, 4).Epoch(2));
        Assert.NotEqual(first, new ShuffledSampler(lengths, 16, 4).Epoch(3));
        Assert.NotEqual(first, new ShuffledSampler(lengths, 16, 5).Epoch(2));
    }

    [Fact]
    public void Shuffled_ManyLengths_BatchesHoldSimilarOnes()
    {
        int[] lengths = [.. Enumerable.Range(0, 3200).Select(i => 1 + (i * 7 % 64))];
        double spread = new ShuffledSampler(lengths, 16, 1).Epoch(0)
            .Average(batch => batch.Max(row => lengths[row]) - batch.Min(row => lengths[row]));
        Assert.True(spread < 5, $"mean spread {spread}");
    }

    [Fact]
    public void Balanced_AnyLabels_EveryBatchHasPositivesAndNoRowTwice() =>
        Gen.Select(Gen.Long[0, 4].Array[20, 200], Gen.Int[4, 32], Gen.ULong).Sample((labels, size, seed) =>
    {
        int usable = labels.GroupBy(label => label).Count(group => group.Count() >= 2);
        Assert.True(usable >= 2);
        BalancedLabelSampler sampler = new(labels, size, seed);
        foreach (int[] batch in sampler.Epoch(0))
        {
            Assert.Equal(batch.Length, batch.Distinct().Count());
            Assert.InRange(batch.Length, 2, size);
            Assert.All(batch.GroupBy(row => labels[row]), group => Assert.True(group.Count() >= 2));
        }
    });

    [Fact]
    public void Balanced_RareLabel_ComesAsOftenAsTheFrequentOne()
    {
        long[] labels = [.. Enumerable.Range(0, 1000).Select(i => i % 10 == 0 ? 1L : 0L)];
        BalancedLabelSampler sampler = new(labels, 20, 3);
        Assert.Equal(50, sampler.BatchesPerEpoch);
        Assert.All(sampler.Epoch(1), batch => Assert.Equal(10, batch.Count(row => labels[row] == 1)));
        Assert.All(
            sampler.Epoch(1).SelectMany(batch => batch).Where(row => labels[row] == 1).GroupBy(row => row), group =>
                Assert.Equal(5, group.Count()));
    }

    [Fact]
    public void Balanced_OneLabel_SaysWhatIsNeeded()
    {
        DataException fault = Assert.Throws<DataException>(() => new BalancedLabelSampler([1, 1, 1, 2], 4, 0));
        Assert.Equal("labels: needs at least 2 values with 2 rows each, got 1 in 4 rows", fault.Message);
    }

    [Fact]
    public void Distinct_RepeatedTexts_NeverMeetInABatch()
    {
        string[] anchors = [.. Enumerable.Range(0, 200).Select(i => $"a{i % 40}")];
        string[] positives = [.. Enumerable.Range(0, 200).Select(i => i % 9 == 0 ? $"a{i % 40}x" : $"p{i % 50}")];
        DistinctSampler sampler = new([anchors, positives], 16, 7);
        IReadOnlyList<int[]> batches = sampler.Epoch(0);
        Assert.Equal(sampler.BatchesPerEpoch, batches.Count);
        Assert.All(batches, batch =>
        {
            Assert.Equal(batch.Length, batch.Select(row => anchors[row]).Distinct().Count());
            Assert.Equal(batch.Length, batch.Select(row => positives[row]).Distinct().Count());
        });
        int[] drawn = [.. batches.SelectMany(batch => batch)];
        Assert.Equal(drawn.Length, drawn.Distinct().Count());
    }

    [Fact]
    public void Distinct_DistinctTexts_FillEveryBatch()
    {
        string[] anchors = [.. Enumerable.Range(0, 70).Select(i => $"a{i}")];
        Assert.All(new DistinctSampler([anchors, [.. anchors.Select(text => text + "+")]], 16, 7).Epoch(0), batch =>
            Assert.Equal(16, batch.Length));
    }
}
