namespace OnnxEmbed.Tensors.Tests;

public class ReductionsTests
{
    public static readonly TheoryData<int> Lengths =
        [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 15, 16, 17, 31, 32, 33, 63, 64, 65, 127, 128, 129, 2048, 65535, 65536, 65537, 200_001];

    /// <summary>The definition, by lanes: what the vector code has to give bit for bit.</summary>
    internal static double ReferenceSum(int length, Func<int, double> term)
    {
        double total = 0;
        for (int start = 0; start < length; start += Reductions.BlockLength)
        {
            double[] lanes = new double[8];
            for (int i = start; i < Math.Min(length, start + Reductions.BlockLength); i++)
            {
                lanes[(i - start) % 8] += term(i);
            }

            total += ((lanes[0] + lanes[4]) + (lanes[2] + lanes[6])) + ((lanes[1] + lanes[5]) + (lanes[3] + lanes[7]));
        }

        return total;
    }

    internal static float[] Values(int length, uint seed)
    {
        float[] values = new float[length];
        uint state = unchecked((seed * 2654435761u) + 12345);
        for (int i = 0; i < length; i++)
        {
            state = unchecked((state * 1664525u) + 1013904223u);
            values[i] = ((state >> 8) - 8388608f) / 4194304f;
        }

        return values;
    }

    [Theory]
    [MemberData(nameof(Lengths))]
    public void Sums_Floats_EqualTheLaneDefinitionBitForBit(int length)
    {
        float[] u = Values(length, 1);
        float[] v = Values(length, 2);
        Assert.Equal(ReferenceSum(length, i => (double)u[i] * u[i]), Reductions.SquaredNorm(u));
        Assert.Equal(ReferenceSum(length, i => (double)u[i] * v[i]), Reductions.Dot(u, v));
        Assert.Equal(ReferenceSum(length, i => ((double)u[i] - v[i]) * ((double)u[i] - v[i])), Reductions.SquaredDistance(u, v));
        PairSums sums = Reductions.Pair(u, v);
        Assert.Equal(Reductions.SquaredNorm(u), sums.FirstSquared);
        Assert.Equal(Reductions.SquaredNorm(v), sums.SecondSquared);
        Assert.Equal(Reductions.SquaredDistance(u, v), sums.DifferenceSquared);
        Assert.Equal(ReferenceSum(length, i => ((double)u[i] + v[i]) * ((double)u[i] + v[i])), sums.SumSquared);
    }

    [Theory]
    [MemberData(nameof(Lengths))]
    public void Sums_Doubles_EqualTheLaneDefinitionBitForBit(int length)
    {
        double[] u = [.. Values(length, 3).Select(x => (double)x / 3)];
        double[] v = [.. Values(length, 4).Select(x => (double)x / 7)];
        Assert.Equal(ReferenceSum(length, i => u[i] * u[i]), Reductions.SquaredNorm(u));
        Assert.Equal(ReferenceSum(length, i => u[i] * v[i]), Reductions.Dot(u, v));
        Assert.Equal(ReferenceSum(length, i => (u[i] - v[i]) * (u[i] - v[i])), Reductions.Pair(u, v).DifferenceSquared);
    }

    [Theory]
    [MemberData(nameof(Lengths))]
    public void Combine_Floats_RoundsOnce(int length)
    {
        float[] u = Values(length, 5);
        float[] v = Values(length, 6);
        float[] result = new float[length];
        double[] accumulated = new double[length];
        Blends.Combine(0.3, u, 0.7, v, result);
        Blends.Accumulate(0.3, u, accumulated);
        Blends.Accumulate(0.7, v, accumulated);
        for (int i = 0; i < length; i++)
        {
            double first = 0.3 * u[i];
            double second = 0.7 * v[i];
            Assert.Equal(first + second, accumulated[i]);
            Assert.Equal((float)(first + second), result[i]);
        }
    }

    [Fact]
    public void Combine_TargetIsASource_IsAllowed()
    {
        float[] u = Values(37, 7);
        float[] v = Values(37, 8);
        float[] expected = new float[37];
        Blends.Combine(2, u, -1, v, expected);
        Blends.Combine(2, u, -1, v, u);
        Assert.Equal(expected, u);
    }

    [Fact]
    public void Sums_LengthsDiffer_AreRefused() =>
        Assert.Equal(
            "a reduction needs two vectors of one length, got 1 and 2",
            Assert.Throws<ArgumentException>(() => Reductions.Dot(new float[1], new float[2])).Message);

    [Fact]
    public void CountNonFinite_NaNAndInfinities_CountsEach() =>
        Assert.Equal(3, Reductions.CountNonFinite([1f, float.NaN, float.PositiveInfinity, -0f, float.NegativeInfinity, 1e-45f]));

    [Theory]
    [InlineData(1e-3)]
    [InlineData(1e-6)]
    [InlineData(1e-8)]
    [InlineData(1.0)]
    [InlineData(Math.PI - 1e-6)]
    public void Angle_NearZeroAndPi_KeepsItsDigits(double angle)
    {
        double[] u = [1, 0, 0];
        double[] v = [Math.Cos(angle), Math.Sin(angle), 0];
        Assert.Equal(1.0, Reductions.Pair(u, v).Angle / angle, 8);
        Assert.Equal(Math.Cos(angle), Reductions.Pair(u, v).Cosine, 12);
    }

    [Fact]
    public void Angle_SpecialPairs_AreExact()
    {
        float[] u = Values(1000, 9);
        float[] minus = [.. u.Select(x => -x)];
        Assert.Equal(0, Reductions.Pair(u, u).Angle);
        Assert.Equal(Math.PI, Reductions.Pair(u, minus).Angle);
        Assert.True(double.IsNaN(Reductions.Pair(u, new float[1000]).Angle));
        Assert.Equal(Math.PI / 2, Reductions.Pair([1.0, 0], [0.0, 4]).Angle, 15);
    }
}
