namespace OnnxEmbed.Tensors.Tests;

public sealed class CounterRandomTests
{
    [Fact]
    public void Next_SeedOrKeyDiffers_GivesAnotherStream()
    {
        ulong[] first = [new CounterRandom(1, "a").Next(), new CounterRandom(2, "a").Next(), new CounterRandom(1, "b").Next()];
        Assert.Equal(3, first.Distinct().Count());
        Assert.Equal(first[0], new CounterRandom(1, "a").Next());
    }

    [Fact]
    public void At_AnyOrder_GivesTheNumbersOfTheStream()
    {
        CounterRandom random = new(7, "stream");
        ulong[] stream = [random.Next(), random.Next(), random.Next()];
        Assert.Equal([stream[2], stream[0], stream[1]], [random.At(2), random.At(0), random.At(1)]);
    }

    [Fact]
    public void NextBelow_ManyDraws_AreEven()
    {
        CounterRandom random = new(3, "even");
        int[] counts = new int[6];
        for (int i = 0; i < 60_000; i++)
        {
            counts[random.NextBelow(6)]++;
        }

        // Standard deviation of a count is 91.
        Assert.All(counts, count => Assert.InRange(count, 9_600, 10_400));
    }

    [Fact]
    public void NextNormal_ManyDraws_HaveTheMomentsOfTheNormalDistribution()
    {
        CounterRandom random = new(3, "normal");
        double[] draws = new double[50_000];
        for (int i = 0; i < draws.Length; i++)
        {
            draws[i] = random.NextNormal();
        }

        Assert.Equal(0, draws.Average(), 0.02);
        Assert.Equal(1, draws.Average(x => x * x), 0.03);
        Assert.Equal(3, draws.Average(x => x * x * x * x), 0.2);
    }
}
