namespace OnnxEmbed.Data.Tests;

public sealed class SeededRandomTests
{
    [Fact]
    public void NextBits_FixedSeed_NeverChanges()
    {
        SeededRandom random = new(1, "stream");
        ulong[] first = [random.NextBits(), random.NextBits(), random.NextBits()];
        SeededRandom again = new(1, "stream");
        Assert.Equal(first, new[] { again.NextBits(), again.NextBits(), again.NextBits() });
        Assert.Equal(4878918393755183045UL, first[0]);
        Assert.NotEqual(first[0], new SeededRandom(2, "stream").NextBits());
        Assert.NotEqual(first[0], new SeededRandom(1, "other").NextBits());
    }

    [Fact]
    public void Between_SmallRange_IsUniform()
    {
        SeededRandom random = new(3);
        int[] counts = new int[6];
        for (int i = 0; i < 60_000; i++)
        {
            counts[random.Between(-2, 3) + 2]++;
        }

        // 60 000 draws: the standard deviation of a count is 91.
        Assert.All(counts, count => Assert.InRange(count, 9_500, 10_500));
        Assert.Equal(5, random.Between(5, 5));
    }

    [Fact]
    public void Shuffle_Range_KeepsTheItems()
    {
        int[] items = [.. Enumerable.Range(0, 100)];
        new SeededRandom(4).Shuffle<int>(items);
        Assert.Equal(Enumerable.Range(0, 100), items.Order());
        Assert.NotEqual(Enumerable.Range(0, 100), items);
    }
}
