using OnnxEmbed.Merging.Engine;
using OnnxEmbed.Tensors;

namespace OnnxEmbed.Merging.Tests.Engine;

public class BlockEngineTests
{
    private const int Length = (3 * Reductions.BlockLength) + 17;

    [Theory]
    [InlineData(1)]
    [InlineData(4)]
    public void Blend_WriterFails_ThrowsItsException(int threads)
    {
        BlockEngine engine = new(threads, TestContext.Current.CancellationToken);
        WeightSource[] sources = [Source(1), Source(2)];
        IOException error = Assert.Throws<IOException>(() => engine.Blend(sources, [0.5, 0.5], ElementType.Float32, (_, _) => throw new IOException("disk full")));
        Assert.Equal("disk full", error.Message);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(4)]
    public void MeasureAndBlend_ManyBlocks_EqualTheWholeAtOnce(int threads)
    {
        BlockEngine engine = new(threads, TestContext.Current.CancellationToken);
        float[][] values = [BareModels.Values(Length, 1), BareModels.Values(Length, 2), BareModels.Values(Length, 3)];
        WeightSource[] sources = [Source(1), Source(2), Source(3)];
        IReadOnlyList<PairSums> pairs = engine.Measure(sources);
        Assert.Equal([Reductions.Pair(values[0], values[1]), Reductions.Pair(values[0], values[2])], pairs);
        byte[] result = new byte[Length * 4];
        double squared = engine.Blend(sources, [0.25, 0, 3], ElementType.Float32, (offset, bytes) => bytes.CopyTo(result.AsSpan((int)offset))).SquaredNorm;
        ReadOnlySpan<float> written = System.Runtime.InteropServices.MemoryMarshal.Cast<byte, float>(result);
        for (int i = 0; i < Length; i++)
        {
            double first = 0.25 * values[0][i];
            double second = 3.0 * values[2][i];
            Assert.Equal((float)(first + second), written[i]);
        }

        Assert.Equal(Reductions.SquaredNorm(written), squared);
    }

    [Fact]
    public void AreEqual_LastElementDiffers_IsNoticed()
    {
        float[] values = BareModels.Values(Length, 1);
        float[] other = [.. values];
        other[^1] = -other[^1];
        BlockEngine engine = new(2, TestContext.Current.CancellationToken);
        Assert.True(engine.AreEqual([Source(1), Source(1), Source(1)]));
        Assert.False(engine.AreEqual([Source(1), Source(1), new StoredWeights(TensorData.From<float>(other, Length))]));
    }

    private static StoredWeights Source(uint seed) => new(TensorData.From<float>(BareModels.Values(Length, seed), Length));
}
