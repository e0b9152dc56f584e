using System.Buffers;

namespace OnnxEmbed.Merging.Methods.TaskVectors;

/// <summary>What one thread needs to show keys to a <see cref="RadixSelection"/>: counts of its own, and room for what it finds.</summary>
internal sealed class SelectionTally : IDisposable
{
    /// <summary>Most keys that are shown at once.</summary>
    public const int ChunkLength = 1 << 10;

    /// <summary>Keys that are kept before they go to the selection together.</summary>
    private const int Capacity = 1 << 12;

    private readonly long[] _keys = ArrayPool<long>.Shared.Rent(Capacity);
    private readonly long[] _positions = ArrayPool<long>.Shared.Rent(Capacity);

    /// <summary>Number of keys found that the selection has not got yet.</summary>
    public int Found { get; set; }

    /// <summary>How many keys lay above the range that was looked for.</summary>
    public long Above { get; set; }

    /// <summary>How many keys were 0.</summary>
    public long Zeros { get; set; }

    /// <summary>Whether a chunk may find more than there is room for.</summary>
    public bool IsFull => Found > Capacity - ChunkLength;

    /// <summary>Keys that were found.</summary>
    public ReadOnlySpan<long> Keys => _keys.AsSpan(0, Found);

    /// <summary>Their positions.</summary>
    public ReadOnlySpan<long> Positions => _positions.AsSpan(0, Found);

    /// <summary>Room for further keys.</summary>
    public Span<long> FreeKeys => _keys.AsSpan(Found);

    /// <summary>Room for their positions.</summary>
    public Span<long> FreePositions => _positions.AsSpan(Found);

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
        ArrayPool<long>.Shared.Return(_keys);
        ArrayPool<long>.Shared.Return(_positions);
        if (Counts is not null)
        {
            ArrayPool<int>.Shared.Return(Counts);
        }
    }
}
