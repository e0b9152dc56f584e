using System.Buffers;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace OnnxEmbed.Merging.Methods.TaskVectors;

/// <summary>
/// Finds the k-th largest of a tensor's keys in passes over the tensor, without sorting: a histogram of the upper 16 bits tells the bin the
/// key lies in, the next pass either gathers that bin, if it is small, or makes a histogram of its next 16 bits. A sample can tell first where
/// the key is likely to lie: then one pass gathers what lies there and counts what is larger, and histograms are needed only where the sample
/// was wrong. What is found is exact, does not depend on how the tensor is split, and is no other with a sample.
/// </summary>
internal sealed class RadixSelection : IDisposable
{
    /// <summary>Up to here a histogram costs more than the keys.</summary>
    public const int FewestKeys = 1 << 14;

    private const int DigitBits = 16;
    private const int BinCount = 1 << DigitBits;
    private const int FirstShift = 63 - DigitBits;

    private readonly Lock _lock = new();
    private readonly Func<long, long> _rankOfZeros;
    private readonly bool _countsZeros;
    private readonly Memory<long> _keys;
    private readonly Memory<long> _positions;
    private bool _ranked;
    private bool _bracketed;
    private long _zeros;
    private long _above;
    private long _inside;
    private long _remaining;
    private long _lowest;
    private long _highest = long.MaxValue;
    private int _shift = FirstShift;
    private long[]? _histogram;
    private int _gathered;

    /// <summary>Looks for the <paramref name="rank"/>-th largest of <paramref name="length"/> keys, 1 being the largest; 0 takes none.</summary>
    /// <param name="length">Number of keys.</param>
    /// <param name="rank">The rank.</param>
    /// <param name="keys">Room for keys: fewer than it has room for are gathered rather than counted once more. At least <see cref="FewestKeys"/>.</param>
    /// <param name="positions">Room for their positions.</param>
    public RadixSelection(long length, long rank, Memory<long> keys, Memory<long> positions)
        : this(length, _ => rank, keys, positions) => _countsZeros = false;

    /// <summary>The rank is a function of how many keys are 0, which the first pass tells.</summary>
    public RadixSelection(long length, Func<long, long> rankOfZeros, Memory<long> keys, Memory<long> positions)
    {
        _remaining = length;
        _rankOfZeros = rankOfZeros;
        _countsZeros = true;
        _keys = keys;
        _positions = positions;
    }

    /// <summary>Whether the key is known.</summary>
    public bool IsDone { get; private set; }

    /// <summary>The key found.</summary>
    public long Key { get; private set; }

    /// <summary>How many of the keys equal to <see cref="Key"/> are among the k largest: those at the lowest positions.</summary>
    public long TiesInside { get; private set; }

    /// <summary>The position behind the last of them, or beyond the tensor where all are; null where it is not known.</summary>
    public long? TieEnd { get; private set; }

    /// <summary>Whether a sample is worth the while.</summary>
    public bool WantsSample => !_countsZeros && _remaining > FewestKeys;

    /// <summary>Says before the first pass where the key is likely to lie.</summary>
    /// <param name="sample">Some of the keys, no more than there is room for; they are overwritten.</param>
    public void Expect(Span<long> sample)
    {
        // Four standard deviations of the rank in the sample, and a little more, since neighbours in a tensor are alike.
        double fraction = _rankOfZeros(0) / (double)_remaining;
        double margin = (4 * Math.Sqrt(fraction * (1 - fraction) * sample.Length)) + (0.001 * sample.Length);
        long first = (long)Math.Max(1, (fraction * sample.Length) - margin);
        long last = (long)Math.Min(sample.Length, (fraction * sample.Length) + margin + 1);
        Span<long> copy = _positions.Span[..sample.Length];
        sample.CopyTo(copy);
        _highest = first == 1 ? long.MaxValue : Select(copy, default, first).Key;
        _lowest = last == sample.Length ? 0 : Select(sample, default, last).Key;
        _bracketed = true;
    }

    /// <summary>
    /// Starts a pass. Every key has then to be shown once to <see cref="Show"/>, at most <see cref="SelectionTally.ChunkLength"/> at a time, from
    /// any thread and in any order.
    /// </summary>
    public void BeginPass()
    {
        (_gathered, _above, _inside) = (0, 0, 0);
        if (!_bracketed && _remaining > (_shift == FirstShift ? FewestKeys : _keys.Length))
        {
            _histogram = ArrayPool<long>.Shared.Rent(BinCount);
            Array.Clear(_histogram);
        }
    }

    /// <summary>What a thread needs in a pass; goes to <see cref="Collect"/> when it has seen its last key.</summary>
    public SelectionTally MakeTally() => _histogram is null ? new SelectionTally() : new SelectionTally().WithCounts(BinCount);

    /// <summary>Takes the keys of values in.</summary>
    /// <param name="values">Some of the values.</param>
    /// <param name="position">Position of the first.</param>
    /// <param name="tally">Of this thread.</param>
    public void Show(ReadOnlySpan<double> values, long position, SelectionTally tally)
    {
        if (_countsZeros && !_ranked)
        {
            Interlocked.Add(ref _zeros, MagnitudeKeys.CountEqual(values, 0));
        }

        if (tally.Counts is { } counts)
        {
            Count(values, counts, _lowest, _highest - _lowest, _shift);
            return;
        }

        (int inside, int above) = MagnitudeKeys.Gather(values, _lowest, _highest, tally.Keys, tally.Places);
        lock (_lock)
        {
            _above += above;
            _inside += inside;
            if (_gathered + inside <= _keys.Length)
            {
                tally.Keys.AsSpan(0, inside).CopyTo(_keys.Span[_gathered..]);
                Span<long> positions = _positions.Span.Slice(_gathered, inside);
                for (int i = 0; i < inside; i++)
                {
                    positions[i] = position + tally.Places[i];
                }

                _gathered += inside;
            }
        }
    }

    /// <summary>Takes in what a thread has counted.</summary>
    public void Collect(SelectionTally tally)
    {
        if (tally.Counts is { } counts)
        {
            lock (_lock)
            {
                for (int i = 0; i < BinCount; i++)
                {
                    _histogram![i] += counts[i];
                }
            }
        }

        tally.Dispose();
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
            Finish(long.MaxValue, 0, 0);
        }
        else if (_histogram is not null)
        {
            ChooseBin(_histogram);
        }
        else if (_bracketed && (TiesInside <= _above || TiesInside > _above + _inside || (_inside > _gathered && _lowest < _highest)))
        {
            // The sample was wrong, or more keys lie there than there is room for.
            (_bracketed, _lowest, _highest) = (false, 0, long.MaxValue);
        }
        else if (_inside > _gathered)
        {
            Finish(_lowest, TiesInside - _above, _inside);
        }
        else
        {
            Span<long> positions = _positions.Span[.._gathered];
            (long key, long inside, int ties) = Select(_keys.Span[.._gathered], positions, _bracketed ? TiesInside - _above : TiesInside);
            Finish(key, inside, ties);
            TieEnd ??= Select(positions[..ties], default, ties - inside + 1).Key + 1;
        }

        Dispose();
    }

    /// <summary>Gives the histogram back.</summary>
    public void Dispose()
    {
        if (_histogram is not null)
        {
            ArrayPool<long>.Shared.Return(_histogram);
            _histogram = null;
        }
    }

    /// <summary>
    /// The k-th largest of some keys, byte by byte: the keys outside its bin are overwritten each time, and in the end the first places hold those
    /// equal to it. What lies in <paramref name="companions"/>, where there are any, goes with its key.
    /// </summary>
    internal static (long Key, long RankAmongTies, int Ties) Select(Span<long> keys, Span<long> companions, long rank)
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

            if (counts[bin] == keys.Length)
            {
                continue;
            }

            int kept = 0;
            for (int i = 0; i < keys.Length; i++)
            {
                if (unchecked((byte)(keys[i] >> shift)) == bin)
                {
                    if (!companions.IsEmpty)
                    {
                        companions[kept] = companions[i];
                    }

                    keys[kept++] = keys[i];
                }
            }

            keys = keys[..kept];
        }

        return (keys[0], rank, keys.Length);
    }

    private void ChooseBin(long[] histogram)
    {
        int bin = BinCount - 1;
        while (TiesInside > histogram[bin])
        {
            TiesInside -= histogram[bin--];
        }

        _remaining = histogram[bin];
        _lowest += (long)bin << _shift;
        _highest = _lowest + (1L << _shift) - 1;
        if (_shift == 0)
        {
            Finish(_lowest, TiesInside, _remaining);
        }

        _shift = Math.Max(0, _shift - DigitBits);
    }

    private void Finish(long key, long inside, long ties)
    {
        (Key, TiesInside, IsDone) = (key, inside, true);
        TieEnd = ties == 0 ? 0 : inside == ties ? long.MaxValue : null;
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Count(ReadOnlySpan<double> values, int[] histogram, long lowest, long width, int shift)
    {
        // A bin is below 2^16: keys are below 2^63 in the first pass, and the later ones leave out what lies outside the range.
        ref int counts = ref MemoryMarshal.GetArrayDataReference(histogram);
        unchecked
        {
            if (shift == FirstShift)
            {
                foreach (double value in values)
                {
                    Unsafe.Add(ref counts, (nint)(MagnitudeKeys.Of(value) >> FirstShift))++;
                }

                return;
            }

            foreach (double value in values)
            {
                ulong distance = (ulong)(MagnitudeKeys.Of(value) - lowest);
                if (distance <= (ulong)width)
                {
                    Unsafe.Add(ref counts, (nint)(distance >> shift))++;
                }
            }
        }
    }
}
