using System.Buffers;

namespace OnnxEmbed.Merging.Methods.TaskVectors;

/// <summary>What one thread needs to show keys to a <see cref="RadixSelection"/>: counts of its own, and room for what it finds.</summary>
internal sealed class SelectionTally : IDisposable
{
    /// <summary>Most keys that are shown at once.</summary>
    public const int ChunkLength = 1 << 10;

    /// <summary>Keys that were found in a chunk.</summary>
    public long[] Keys { get; } = ArrayPool<long>.Shared.Rent(ChunkLength);

    /// <summary>Their places in the chunk.</summary>
    public int[] Places { get; } = ArrayPool<int>.Shared.Rent(ChunkLength);

    /// <summary>Room for values of a chunk.</summary>
    public double[] Values { get; } = ArrayPool<double>.Shared.Rent(ChunkLength);

    /// <summary>Counts of each bin; null where the pass makes no histogram.</summary>
    public int[]? Counts { get; private set; }

    /// <summary>Makes <see cref="Counts"/>, all 0.</summary>
    public SelectionTally WithCounts(int bins)
    {
        Counts = ArrayPool<int>.Shared.Rent(bins);
        Array.Clear(Counts);
        return this;
    }

    public void Dispose()
    {
        ArrayPool<long>.Shared.Return(Keys);
        ArrayPool<int>.Shared.Return(Places);
        ArrayPool<double>.Shared.Return(Values);
        if (Counts is not null)
        {
            ArrayPool<int>.Shared.Return(Counts);
        }
    }
}
