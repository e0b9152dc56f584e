using CsCheck;
using OnnxEmbed.Merging.Methods.TaskVectors;
using OnnxEmbed.Tensors;
using static OnnxEmbed.Merging.Tests.Methods.TaskVectors.TaskVectorRuns;

namespace OnnxEmbed.Merging.Tests.Methods.TaskVectors;

public class RandomMaskTests
{
    [Theory]
    [InlineData(0, 0)]
    [InlineData(0.1, 0)]
    [InlineData(0.5, 3)]
    [InlineData(0.97, 1)]
    [InlineData(1, 0)]
    public void Drop_ManyElements_KeepsTheDensity(double density, int model)
    {
        const int Length = 200_000;
        double[] values = [.. Enumerable.Repeat(1.0, Length)];
        new RandomMask(17, "encoder.weight", model).Drop(values, 0, density);

        // Five standard deviations; neighbours are independent, too.
        double kept = values.Sum();
        double pairs = Enumerable.Range(0, Length - 1).Sum(at => values[at] * values[at + 1]);
        double deviation = 5 * Math.Sqrt(Length * density * (1 - density));
        Assert.InRange(kept, (Length * density) - deviation, (Length * density) + deviation);
        Assert.InRange(pairs, ((Length - 1) * density * density) - (2 * deviation), ((Length - 1) * density * density) + (2 * deviation));
    }

    [Fact]
    public void Drop_AnySplit_IsTheSameMask() => Gen.Select(Gen.Int[0, 130], Gen.Int[0, 1000], Gen.Double[0, 1], Gen.Double[0, 1]).Sample(
        (length, start, at, probability) =>
        {
            RandomMask mask = new(5, "w", 1);
            double[] whole = [.. BareModels.Values(length, 3).Select(x => (double)x)];
            double[] parts = [.. whole];
            double[] one = [.. whole.Select((x, i) => mask.Keeps(start + i, probability) ? x : 0)];
            mask.Drop(whole, start, probability);
            int split = (int)(at * length);
            mask.Drop(parts.AsSpan(0, split), start, probability);
            mask.Drop(parts.AsSpan(split), start + split, probability);
            Assert.Equal(one, whole);
            Assert.Equal(one, parts);
        });

    [Fact]
    public void Keeps_SeedTensorOrModelDiffers_IsAnotherMask()
    {
        bool[] Mask(ulong seed, string tensor, int model) => [.. Enumerable.Range(0, 64).Select(at => new RandomMask(seed, tensor, model).Keeps(at, .5))];
        Assert.Equal(Mask(1, "a", 0), Mask(1, "a", 0));
        Assert.Equal(4, new[] { Mask(1, "a", 0), Mask(2, "a", 0), Mask(1, "b", 0), Mask(1, "a", 1) }.DistinctBy(mask => string.Concat(mask)).Count());
    }

    [Theory]
    [InlineData("dare_linear", "density=0.4")]
    [InlineData("della_linear", "density=0.4 epsilon=0.3")]
    public void Merge_ManySeeds_HasTheFullDifferenceInTheMean(string method, string parameters)
    {
        const int Seeds = 3000;
        double[] task = [.. BareModels.Values(12, 8).Select(x => (double)x)];
        double[] sum = new double[task.Length];
        for (int seed = 0; seed < Seeds; seed++)
        {
            double[] merged = Run(Options(method, $"{parameters} seed={seed}", threads: 1, 1), [new double[task.Length], task]);
            for (int i = 0; i < sum.Length; i++)
            {
                sum[i] += merged[i];
            }
        }

        // An element kept with probability p and divided by it has the standard deviation |d|·√((1 - p)/p), p at least 0.1.
        Assert.All(task.Zip(sum), pair => Assert.InRange(
            (pair.Second / Seeds) - pair.First, -5 * Math.Abs(pair.First) * Math.Sqrt(9.0 / Seeds), 5 * Math.Abs(pair.First) * Math.Sqrt(9.0 / Seeds)));
    }
}
