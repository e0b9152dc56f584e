namespace OnnxEmbed.Tensors.Tests;

public class RoundedBlockTests
{
    public static TheoryData<int> Lengths => [0, 1, 2, 3, 7, 8, 9, 15, 16, 17, 31, 33, 63, 65, 127, 129, 2048, 4099, Reductions.BlockLength];

    [Theory]
    [MemberData(nameof(Lengths))]
    public void Combine_AnyLength_EqualsBlendThenCount(int length)
    {
        (float[] x, float[] y) = Pair(length);
        float[] expected = new float[length];
        Blends.Combine(0.25, x, 0.75, y, expected);
        RoundedBlock block = default;
        float[] written = new float[length];
        block.Combine(0.25, x, 0.75, y, written);
        Assert.Equal(expected, written);
        Assert.Equal(Reference([.. x.Zip(y, (a, b) => (0.25 * a) + (0.75 * b))], x, written), block.Total);
        Assert.Equal(Reductions.SquaredNorm(written), block.Total.SquaredNorm);
    }

    [Theory]
    [MemberData(nameof(Lengths))]
    public void Round_InPieces_EqualsTheWhole(int length)
    {
        (float[] x, float[] y) = Pair(length);
        double[] exact = [.. x.Zip(y, (a, b) => (0.25 * a) + (0.75 * b))];
        float[] written = new float[length];
        RoundedBlock block = default;
        for (int start = 0; start < length; start += 24)
        {
            int end = Math.Min(length, start + 24);
            block.Round(exact.AsSpan()[start..end], x.AsSpan()[start..end], written.AsSpan()[start..end]);
        }

        Assert.Equal(exact.Select(value => (float)value), written);
        Assert.Equal(Reference(exact, x, written), block.Total);
        Assert.Equal(Reductions.SquaredNorm(written), block.Total.SquaredNorm);

        double[] wide = [.. x.Select(value => (double)value)];
        RoundedBlock counted = default;
        counted.Count(exact, wide, wide, [.. written.Select(value => (double)value)]);
        Assert.Equal(block.Total, counted.Total);
    }

    [Fact]
    public void Count_SmallUpdatesInBrainFloat_ErasesTheShareOfTheReference()
    {
        // Updates of N(0, 2e-5) on weights of N(0, 0.02) leave 77.6 % of the elements as they were.
        const int Length = 60_000;
        Random random = new(5);
        double[] first = new double[Length];
        byte[] bytes = new byte[Length * 2];
        FloatConversion.FromDoubles([.. Enumerable.Range(0, Length).Select(_ => 0.02 * Normal(random))], ElementType.BFloat16, bytes);
        FloatConversion.ToDoubles(ElementType.BFloat16, bytes, first);
        double[] exact = [.. first.Select(value => value + (2e-5 * Normal(random)))];
        FloatConversion.FromDoubles(exact, ElementType.BFloat16, bytes);
        double[] written = new double[Length];
        FloatConversion.ToDoubles(ElementType.BFloat16, bytes, written);
        RoundedBlock block = default;
        block.Count(exact, first, first, written);
        Assert.InRange(block.Total.ErasedShare!.Value, 0.765, 0.787);
        Assert.Equal(exact.Zip(first).Count(pair => pair.First != pair.Second), block.Total.Changed);
    }

    [Fact]
    public void Total_NaNAndSignedZero_AreChangedAndUnchanged()
    {
        RoundedBlock block = default;
        float[] written = new float[4];
        block.Round([double.NaN, -0.0, 1, 1 + 1e-12], [1, 0, 1, 1], written);
        Assert.Equal(2, block.Total.Changed);
        Assert.Equal(1, block.Total.Erased);
        Assert.Equal(0.5, block.Total.ErasedShare);
        Assert.Null(default(RoundedSums).ErasedShare);
        Assert.True(float.IsNegative(written[1]));
    }

    /// <summary>Half of the second vector equals the first, a quarter differs by less than a float shows.</summary>
    private static (float[] First, float[] Second) Pair(int length)
    {
        float[] x = ReductionsTests.Values(length, 21);
        float[] y = ReductionsTests.Values(length, 22);
        for (int i = 0; i < length; i++)
        {
            y[i] = (i % 4) switch { 0 or 1 => x[i], 2 => MathF.BitIncrement(x[i]), _ => y[i] };
        }

        return (x, y);
    }

    private static RoundedSums Reference(double[] exact, float[] first, float[] written)
    {
        double[] lanes = new double[8];
        long changed = 0;
        long erased = 0;
        for (int i = 0; i < exact.Length; i++)
        {
            lanes[i % 8] += (double)written[i] * written[i];
            changed += exact[i] != first[i] ? 1 : 0;
            erased += exact[i] != first[i] && written[i] == first[i] ? 1 : 0;
        }

        double[] four = [.. Enumerable.Range(0, 4).Select(i => lanes[i] + lanes[i + 4])];
        return new RoundedSums((four[0] + four[2]) + (four[1] + four[3]), changed, erased);
    }

    private static double Normal(Random random) => Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble());
}
