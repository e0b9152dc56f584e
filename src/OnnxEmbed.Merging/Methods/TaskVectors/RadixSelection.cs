using System.Buffers;
using System.Numerics;
using System.Numerics.Tensors;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace OnnxEmbed.Merging.Methods.TaskVectors;

/// <summary>
/// Finds the k-th largest of a tensor's keys in passes over the tensor, without sorting. It keeps a range of keys that surely holds the one
/// sought: a pass either gathers what lies there, if it is little, or makes a histogram of 2^16 bins over the range, one of which is the next
/// range. A sample can tell first where the key is likely to lie: then the first pass gathers what lies there and counts what is larger, and
/// histograms are needed only where the sample was wrong. What is found is exact, does not depend on how the tensor is split, and is no other
/// with a sample.
/// </summary>
internal sealed class RadixSelection : IDisposable
{
    /// <summary>Up to here a sample costs more than the keys.</summary>
    public const int FewestKeys = 1 << 14;

    private const int DigitBits = 16;
    private const int BinCount = 1 << DigitBits;

    /// <summary>Standard deviations of the key's rank in a sample that are allowed for; one key in 2000 lies beyond.</summary>
    private const double Deviations = 3.5;

    private static readonly long Infinity = MagnitudeKeys.Of(double.PositiveInfinity);

    private readonly Lock _lock = new();
    private readonly Func<long, long> _rankOfZeros;
    private readonly bool _countsZeros;
    private readonly long _length;
    private readonly Memory<long> _keys;
    private readonly Memory<long> _positions;
    private bool _ranked;
    private bool _expected;
    private long _zeros;
    private long _above;
    private long _inside;
    private long _remaining;
    private long _lowest;
    private long _highest = long.MaxValue;
    private long[]? _histogram;
    private int _gathered;

    /// <summary>Looks for the <paramref name="rank"/>-th largest of <paramref name="length"/> keys, 1 being the largest; 0 takes none.</summary>
    /// <param name="length">Number of keys.</param>
    /// <param name="rank">The rank.</param>
    /// <param name="keys">Room for keys: no more than it has room for are gathered rather than counted.</param>
    /// <param name="positions">Room for their positions.</param>
    public RadixSelection(long length, long rank, Memory<long> keys, Memory<long> positions)
        : this(length, _ => rank, keys, positions) => _countsZeros = false;

    /// <summary>The rank is a function of how many keys are 0, which the first pass tells.</summary>
    public RadixSelection(long length, Func<long, long> rankOfZeros, Memory<long> keys, Memory<long> positions)
    {
        _length = length;
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

    /// <summary>Says before the first pass where the key is likely to lie.</summary>
    /// <param name="sample">Some of the keys, no more than there is room for.</param>
    /// <param name="runLength">So many of them after one another are neighbours in the tensor; the runs are drawn at random.</param>
    public void Expect(ReadOnlySpan<long> sample, int runLength)
    {
        double zeros = _countsZeros ? sample.Count(0L) / (double)sample.Length * _length : 0;
        double expected = _rankOfZeros((long)zeros) / (double)_length * sample.Length;
        long pivot = SelectOf(sample, Math.Clamp((long)expected, 1, sample.Length));

        // Neighbours in a tensor are alike: how much the rank may be off shows in how much the runs differ.
        double squares = 0;
        double mean = Count(sample, pivot) / ((double)sample.Length / runLength);
        for (int start = 0; start < sample.Length; start += runLength)
        {
            double off = Count(sample.Slice(start, Math.Min(runLength, sample.Length - start)), pivot) - mean;
            squares += off * off;
        }

        double margin = 2 + (Deviations * Math.Sqrt(squares));
        long first = (long)Math.Max(1, expected - margin);
        long last = (long)Math.Min(sample.Length, expected + margin + 1);
        _highest = first == 1 ? long.MaxValue : SelectOf(sample, first);
        _lowest = last == sample.Length ? 0 : SelectOf(sample, last);
        _expected = true;
    }

    /// <summary>
    /// Starts a pass. Every key has then to be shown once to <see cref="Show(ReadOnlySpan{double}, long, SelectionTally)"/> or its twin for floats,
    /// at most <see cref="SelectionTally.ChunkLength"/> at a time, from any thread and in any order.
    /// </summary>
    public void BeginPass()
    {
        (_gathered, _above, _inside) = (0, 0, 0);
        if (!_expected && _remaining > _keys.Length)
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
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void Show(ReadOnlySpan<double> values, long position, SelectionTally tally)
    {
        if (_countsZeros && !_ranked)
        {
            tally.Zeros += MagnitudeKeys.CountEqual(values, 0);
        }

        if (tally.Counts is { } counts)
        {
            Count(values, counts, _lowest, _highest - _lowest, Shift);
            return;
        }

        if (tally.IsFull)
        {
            Flush(tally);
        }

        (int inside, int above) = MagnitudeKeys.Gather(values, position, _lowest, _highest, tally.FreeKeys, tally.FreePositions);
        tally.Found += inside;
        tally.Above += above;
    }

    /// <summary>Whether the pass can be shown differences of floats.</summary>
    public bool TakesSingles => _histogram is null && !_countsZeros && _lowest <= Infinity && (_highest <= Infinity || _highest == long.MaxValue);

    /// <summary>Takes the keys of differences in.</summary>
    /// <param name="minuend">Some values.</param>
    /// <param name="subtrahend">What is taken away from them.</param>
    /// <param name="position">Position of the first.</param>
    /// <param name="tally">Of this thread.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void Show(ReadOnlySpan<float> minuend, ReadOnlySpan<float> subtrahend, long position, SelectionTally tally)
    {
        if (tally.IsFull)
        {
            Flush(tally);
        }

        (int inside, int above) = MagnitudeKeys.Gather(minuend, subtrahend, position, _lowest, _highest, tally.FreeKeys, tally.FreePositions);
        tally.Found += inside;
        tally.Above += above;
    }

    /// <summary>Takes in what a thread has counted.</summary>
    public void Collect(SelectionTally tally)
    {
        Flush(tally);
        lock (_lock)
        {
            _above += tally.Above;
            _zeros += tally.Zeros;
            for (int i = 0; tally.Counts is { } counts && i < BinCount; i++)
            {
                _histogram![i] += counts[i];
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
        else if (_expected && TiesInside <= _above)
        {
            (_lowest, _highest, _remaining) = (_highest + 1, long.MaxValue, _above);
        }
        else if (_expected && TiesInside > _above + _inside)
        {
            TiesInside -= _above + _inside;
            (_lowest, _highest, _remaining) = (0, _lowest - 1, _remaining - _above - _inside);
        }
        else
        {
            TiesInside -= _expected ? _above : 0;
            _remaining = _inside;
            if (_inside == _gathered)
            {
                Choose();
            }
            else if (_lowest == _highest)
            {
                Finish(_lowest, TiesInside, _inside);
            }
        }

        _expected = false;
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
    /// The k-th largest of some keys, by counting 2^11 bins between the smallest and the largest of them: the keys outside its bin are overwritten
    /// each time, and in the end the first places hold those equal to it. What lies in <paramref name="companions"/>, where there are any, goes
    /// with its key.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    internal static (long Key, long RankAmongTies, int Ties) Select(Span<long> keys, Span<long> companions, long rank)
    {
        const int bits = 11;
        Span<int> counts = stackalloc int[1 << bits];
        while (true)
        {
            long smallest = TensorPrimitives.Min<long>(keys);
            long width = TensorPrimitives.Max<long>(keys) - smallest;
            if (width == 0)
            {
                return (smallest, rank, keys.Length);
            }

            int shift = Math.Max(0, 64 - BitOperations.LeadingZeroCount((ulong)width) - bits);
            counts.Clear();
            foreach (long key in keys)
            {
                counts[unchecked((int)((key - smallest) >> shift))]++;
            }

            int bin = (int)(width >> shift);
            while (rank > counts[bin])
            {
                rank -= counts[bin--];
            }

            int kept = 0;
            for (int i = 0; i < keys.Length; i++)
            {
                long key = keys[i];
                keys[kept] = key;
                if (!companions.IsEmpty)
                {
                    companions[kept] = companions[i];
                }

                kept += (key - smallest) >> shift == bin ? 1 : 0;
            }

            keys = keys[..kept];
        }
    }

    /// <summary>Number of keys that are at least <paramref name="least"/>.</summary>
    private static int Count(ReadOnlySpan<long> keys, long least)
    {
        int count = 0;
        foreach (long key in keys)
        {
            count += key >= least ? 1 : 0;
        }

        return count;
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Count(ReadOnlySpan<double> values, int[] histogram, long lowest, long width, int shift)
    {
        // A bin is below 2^16, since the width is below 2^(16 + shift).
        ref int counts = ref MemoryMarshal.GetArrayDataReference(histogram);
        unchecked
        {
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

    /// <summary>So many low bits of a key's distance to the lowest does a bin of the histogram leave out.</summary>
    private int Shift => Math.Max(0, 64 - BitOperations.LeadingZeroCount((ulong)(_highest - _lowest)) - DigitBits);

    private long SelectOf(ReadOnlySpan<long> sample, long rank)
    {
        Span<long> copy = _positions.Span[..sample.Length];
        sample.CopyTo(copy);
        return Select(copy, default, rank).Key;
    }

    /// <summary>Moves the keys that a thread has found into the common room, or counts them only once there is none left.</summary>
    private void Flush(SelectionTally tally)
    {
        lock (_lock)
        {
            _inside += tally.Found;
            if (_gathered + tally.Found <= _keys.Length)
            {
                tally.Keys.CopyTo(_keys.Span[_gathered..]);
                tally.Positions.CopyTo(_positions.Span[_gathered..]);
                _gathered += tally.Found;
            }
        }

        tally.Found = 0;
    }

    /// <summary>Chooses among the keys that were gathered.</summary>
    private void Choose()
    {
        Span<long> positions = _positions.Span[.._gathered];
        (long key, long inside, int ties) = Select(_keys.Span[.._gathered], positions, TiesInside);
        Finish(key, inside, ties);
        TieEnd ??= Select(positions[..ties], default, ties - inside + 1).Key + 1;
    }

    private void ChooseBin(long[] histogram)
    {
        int shift = Shift;
        int bin = (int)((_highest - _lowest) >> shift);
        while (TiesInside > histogram[bin])
        {
            TiesInside -= histogram[bin--];
        }

        _remaining = histogram[bin];
        _lowest += (long)bin << shift;
        _highest = Math.Min(_highest, _lowest + (1L << shift) - 1);
        if (_lowest == _highest)
        {
            Finish(_lowest, TiesInside, _remaining);
        }
    }

    private void Finish(long key, long inside, long ties)
    {
        (Key, TiesInside, IsDone) = (key, inside, true);
        TieEnd = ties == 0 ? 0 : inside == ties ? long.MaxValue : null;
    }
}
