using System.Buffers;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace OnnxEmbed.Merging.Methods.TaskVectors;

/// <summary>
/// Finds the k-th largest of a tensor's keys in passes over the tensor, without sorting: a histogram of the upper 16 bits tells the bin the
/// key lies in, the next pass either gathers that bin, if it is small, or makes a histogram of its next 16 bits. One pass suffices
/// for small tensors, two for the usual ones. Counting is integer work: the result does not depend on how the tensor is split.
/// </summary>
internal sealed class RadixSelection : IDisposable
{
    /// <summary>Keys that are gathered rather than counted once more: 4 MiB.</summary>
    public const int GatherLimit = 1 << 19;

    /// <summary>Most keys that are shown at once.</summary>
    public const int ChunkLength = 1 << 10;

    /// <summary>Below this a histogram costs more than the keys.</summary>
    private const int SmallTensor = 1 << 14;

    private const int DigitBits = 16;
    private const int BinCount = 1 << DigitBits;
    private const int FirstShift = 63 - DigitBits;

    private readonly Lock _lock = new();
    private readonly Func<long, long> _rankOfZeros;
    private readonly bool _countsZeros;
    private bool _ranked;
    private long _zeros;
    private long _remaining;
    private long _lowest;
    private long _highest = long.MaxValue;
    private int _shift = FirstShift;
    private long[]? _histogram;
    private long[]? _gathered;
    private int _gatheredCount;

    /// <summary>Looks for the <paramref name="rank"/>-th largest of <paramref name="length"/> keys, 1 being the largest; 0 takes none.</summary>
    public RadixSelection(long length, long rank)
        : this(length, _ => rank) => _countsZeros = false;

    /// <summary>The rank is a function of how many keys are 0, which the first pass tells.</summary>
    public RadixSelection(long length, Func<long, long> rankOfZeros)
    {
        _remaining = length;
        _rankOfZeros = rankOfZeros;
        _countsZeros = true;
    }

    /// <summary>Whether the key is known.</summary>
    public bool IsDone { get; private set; }

    /// <summary>The key found.</summary>
    public long Key { get; private set; }

    /// <summary>How many of the keys equal to <see cref="Key"/> are among the k largest.</summary>
    public long TiesInside { get; private set; }

    /// <summary>How many keys are equal to <see cref="Key"/>.</summary>
    public long Ties { get; private set; }

    /// <summary>
    /// Starts a pass. Every key has then to be shown once to <see cref="Show"/>, at most <see cref="ChunkLength"/> at a time, from any thread and
    /// in any order.
    /// </summary>
    public void BeginPass()
    {
        if (_remaining <= (_shift == FirstShift ? SmallTensor : GatherLimit))
        {
            _gathered = ArrayPool<long>.Shared.Rent((int)_remaining);
            _gatheredCount = 0;
        }
        else
        {
            _histogram = ArrayPool<long>.Shared.Rent(BinCount);
            Array.Clear(_histogram);
        }
    }

    /// <summary>What a thread counts in a pass; goes to <see cref="Collect"/> when it has seen its last key.</summary>
    public int[] RentCounts()
    {
        if (IsDone || _gathered is not null)
        {
            return [];
        }

        int[] counts = ArrayPool<int>.Shared.Rent(BinCount);
        Array.Clear(counts);
        return counts;
    }

    /// <summary>Takes keys in.</summary>
    /// <param name="keys">Some of the keys.</param>
    /// <param name="counts">Of this thread.</param>
    public void Show(ReadOnlySpan<long> keys, int[] counts)
    {
        if (_countsZeros && !_ranked)
        {
            Interlocked.Add(ref _zeros, MagnitudeKeys.CountEqual(keys, 0));
        }

        if (_gathered is null)
        {
            Count(keys, counts, _lowest, _highest - _lowest, _shift);
            return;
        }

        Span<long> found = stackalloc long[keys.Length];
        int count = MagnitudeKeys.Gather(keys, _lowest, _highest, found);
        if (count > 0)
        {
            lock (_lock)
            {
                found[..count].CopyTo(_gathered.AsSpan(_gatheredCount));
                _gatheredCount += count;
            }
        }
    }

    /// <summary>Takes in what a thread has counted; <paramref name="counts"/> is no longer its own.</summary>
    public void Collect(int[] counts)
    {
        if (counts.Length == 0)
        {
            return;
        }

        lock (_lock)
        {
            for (int i = 0; i < BinCount; i++)
            {
                _histogram![i] += counts[i];
            }
        }

        ArrayPool<int>.Shared.Return(counts);
    }

    /// <summary>Draws the conclusion of a pass.</summary>
    public void EndPass()
    {
        if (!_ranked)
        {
            _ranked = true;
            TiesInside = _rankOfZeros(_zeros);
        }

        if (TiesInside == 0)
        {
            (Key, Ties, IsDone) = (long.MaxValue, 0, true);
        }
        else if (_gathered is { } gathered)
        {
            (Key, TiesInside, Ties) = SelectInMemory(gathered.AsSpan(0, _gatheredCount), TiesInside);
            IsDone = true;
        }
        else
        {
            int bin = BinCount - 1;
            while (TiesInside > _histogram![bin])
            {
                TiesInside -= _histogram[bin--];
            }

            _remaining = _histogram[bin];
            _lowest += (long)bin << _shift;
            _highest = _lowest + (1L << _shift) - 1;
            (Key, Ties, IsDone) = (_lowest, _remaining, _shift == 0);
            _shift = Math.Max(0, _shift - DigitBits);
        }

        Dispose();
    }

    /// <summary>Gives the buffers back.</summary>
    public void Dispose()
    {
        foreach (long[]? rented in (long[]?[])[_histogram, _gathered])
        {
            if (rented is not null)
            {
                ArrayPool<long>.Shared.Return(rented);
            }
        }

        _histogram = null;
        _gathered = null;
    }

    /// <summary>The k-th largest of some keys: byte by byte, the keys outside its bin dropped each time. The keys change their places.</summary>
    internal static (long Key, long TiesInside, long Ties) SelectInMemory(Span<long> keys, long rank)
    {
        Span<int> counts = stackalloc int[256];
        for (int shift = 56; shift >= 0; shift -= 8)
        {
            counts.Clear();
            foreach (long key in keys)
            {
                counts[unchecked((byte)(key >> shift))]++;
            }

            int bin = 255;
            while (rank > counts[bin])
            {
                rank -= counts[bin--];
            }

            if (counts[bin] < keys.Length)
            {
                int kept = 0;
                foreach (long key in keys)
                {
                    if (unchecked((byte)(key >> shift)) == bin)
                    {
                        keys[kept++] = key;
                    }
                }

                keys = keys[..kept];
            }
        }

        return (keys[0], rank, keys.Length);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Count(ReadOnlySpan<long> keys, int[] histogram, long lowest, long width, int shift)
    {
        // A bin is below 2^16: keys are below 2^63 in the first pass, and the later ones leave out what lies outside the range.
        ref int counts = ref MemoryMarshal.GetArrayDataReference(histogram);
        unchecked
        {
            if (shift == FirstShift)
            {
                foreach (long key in keys)
                {
                    Unsafe.Add(ref counts, (nint)(key >> FirstShift))++;
                }

                return;
            }

            foreach (long key in keys)
            {
                ulong distance = (ulong)(key - lowest);
                if (distance <= (ulong)width)
                {
                    Unsafe.Add(ref counts, (nint)(distance >> shift))++;
                }
            }
        }
    }
}
