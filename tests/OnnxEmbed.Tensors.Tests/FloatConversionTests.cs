using System.Runtime.InteropServices;
using CsCheck;

namespace OnnxEmbed.Tensors.Tests;

public class FloatConversionTests
{
    [Fact]
    public void ToSingles_EveryHalf_EqualsTheLanguageConversion()
    {
        ushort[] bits = [.. Enumerable.Range(0, 65536).Select(i => (ushort)i)];
        float[] values = new float[bits.Length];
        FloatConversion.ToSingles(ElementType.Float16, MemoryMarshal.AsBytes(bits.AsSpan()), values);
        for (int i = 0; i < bits.Length; i++)
        {
            float expected = (float)BitConverter.UInt16BitsToHalf(bits[i]);
            Assert.True(Same(expected, values[i]), $"half {i:x4}: {expected} {values[i]}");
        }
    }

    [Theory]
    [InlineData(ElementType.Float16)]
    [InlineData(ElementType.BFloat16)]
    public void FromSingles_EveryNarrowValue_ComesBackBitForBit(ElementType type)
    {
        ushort[] bits = [.. Enumerable.Range(0, 65536).Select(i => (ushort)i)];
        float[] values = new float[bits.Length];
        double[] doubles = new double[bits.Length];
        ushort[] fromSingles = new ushort[bits.Length];
        ushort[] fromDoubles = new ushort[bits.Length];
        FloatConversion.ToSingles(type, MemoryMarshal.AsBytes(bits.AsSpan()), values);
        FloatConversion.ToDoubles(type, MemoryMarshal.AsBytes(bits.AsSpan()), doubles);
        FloatConversion.FromSingles(values, type, MemoryMarshal.AsBytes(fromSingles.AsSpan()));
        FloatConversion.FromDoubles(doubles, type, MemoryMarshal.AsBytes(fromDoubles.AsSpan()));
        for (int i = 0; i < bits.Length; i++)
        {
            if (float.IsNaN(values[i]))
            {
                // A signalling NaN becomes quiet: still a NaN, its sign kept.
                Assert.True(float.IsNaN(Read(type, fromSingles[i])) && float.IsNaN(Read(type, fromDoubles[i])), $"{i:x4}");
                Assert.Equal(bits[i] >> 15, fromSingles[i] >> 15);
            }
            else
            {
                Assert.True(bits[i] == fromSingles[i] && bits[i] == fromDoubles[i], $"{i:x4} {fromSingles[i]:x4} {fromDoubles[i]:x4}");
            }
        }
    }

    [Theory]
    [InlineData(1.0039f, 1.0f)]
    [InlineData(1.00391f, 1.0078125f)]
    [InlineData(0.1f, 0.10009765625f)]
    [InlineData(1.00390625f, 1.0f)] // tie, even below
    [InlineData(1.01171875f, 1.015625f)] // tie, even above
    [InlineData(3.4e38f, float.PositiveInfinity)]
    [InlineData(-0.0f, -0.0f)]
    [InlineData(float.NegativeInfinity, float.NegativeInfinity)]
    [InlineData(1e-40f, 9.1835496e-41f)] // a subnormal stays one: 2^-133
    public void FromSingles_BFloat16_RoundsToNearestEven(float value, float expected)
    {
        // 17 elements: the vector path and the scalar tail.
        float[] values = [.. Enumerable.Repeat(value, 17)];
        byte[] bytes = new byte[34];
        float[] back = new float[17];
        FloatConversion.FromSingles(values, ElementType.BFloat16, bytes);
        FloatConversion.ToSingles(ElementType.BFloat16, bytes, back);
        Assert.All(back, result => Assert.True(Same(expected, result), $"{expected:R} {result:R}"));
    }

    [Fact]
    public void FromSingles_NaNWithLowPayloadOnly_StaysNaN()
    {
        float[] values = [.. Enumerable.Repeat(BitConverter.UInt32BitsToSingle(0xFF800001), 17)];
        byte[] bytes = new byte[34];
        FloatConversion.FromSingles(values, ElementType.BFloat16, bytes);
        Assert.All(MemoryMarshal.Cast<byte, ushort>(bytes).ToArray(), bits => Assert.Equal(0xFFC0, bits));
    }

    [Fact]
    public void FromDoubles_AboveATieByLessThanAFloat_RoundsOnce()
    {
        // 1 + 2^-11 is the tie between two halves; the excess of 2^-40 is lost in float, after which a tie would round down to even.
        double half = 1 + Math.ScaleB(1, -11) + Math.ScaleB(1, -40);
        double brain = 1 + Math.ScaleB(1, -8) + Math.ScaleB(1, -40);
        Assert.Equal(1 + Math.ScaleB(1, -10), TensorData.FromDoubles([half], ElementType.Float16, 1).ToDoubles()[0]);
        Assert.Equal(1 + Math.ScaleB(1, -7), TensorData.FromDoubles([brain], ElementType.BFloat16, 1).ToDoubles()[0]);
        Assert.Equal(-1 - Math.ScaleB(1, -10), TensorData.FromDoubles([-half], ElementType.Float16, 1).ToDoubles()[0]);
        Assert.Equal(1.0, TensorData.FromDoubles([1 + Math.ScaleB(1, -11) - Math.ScaleB(1, -40)], ElementType.Float16, 1).ToDoubles()[0]);
    }

    [Fact]
    public void FromDoubles_HalfOfRandomDoubles_EqualsTheLanguageConversion()
    {
        Check.Sample(
            Gen.Double.Array[0, 40],
            values =>
            {
                byte[] bytes = new byte[values.Length * 2];
                FloatConversion.FromDoubles(values, ElementType.Float16, bytes);
                for (int i = 0; i < values.Length; i++)
                {
                    Half expected = (Half)values[i];
                    Half actual = MemoryMarshal.Cast<byte, Half>(bytes)[i];
                    Assert.True(Half.IsNaN(expected) ? Half.IsNaN(actual) : expected.Equals(actual), $"{values[i]:R}: {expected} {actual}");
                }
            },
            iter: 2000);
    }

    [Fact]
    public void ToSingles_MappedOrInMemory_ReadsEveryFloatType()
    {
        double[] values = [0.5, -2, 1.5];
        foreach (ElementType type in (ElementType[])[ElementType.Float64, ElementType.Float32, ElementType.Float16, ElementType.BFloat16])
        {
            TensorData tensor = TensorData.FromDoubles(values, type, 3);
            Assert.Equal([0.5f, -2f, 1.5f], tensor.ToSingles());
            Assert.Equal(values, tensor.ToDoubles());
            Assert.True(tensor.ContentEquals(TensorData.FromSingles([0.5f, -2f, 1.5f], type, 3)));
            Assert.False(tensor.ContentEquals(TensorData.FromSingles([0.5f, -2f, 1.25f], type, 3)));
        }

        Assert.Throws<InvalidOperationException>(() => TensorData.From<long>([1], 1).ToSingles());
    }

    [Fact]
    public void ToSingles_WrongLength_NamesBoth()
    {
        ArgumentException error = Assert.Throws<ArgumentException>(() => FloatConversion.ToSingles(ElementType.Float16, new byte[3], new float[1]));
        Assert.Equal("conversion of 1 x f16 needs 2 bytes, got 3", error.Message);
    }

    private static float Read(ElementType type, ushort bits) =>
        type == ElementType.Float16 ? (float)BitConverter.UInt16BitsToHalf(bits) : BitConverter.UInt32BitsToSingle((uint)bits << 16);

    private static bool Same(float a, float b) =>
        float.IsNaN(a) ? float.IsNaN(b) : BitConverter.SingleToUInt32Bits(a) == BitConverter.SingleToUInt32Bits(b);
}
