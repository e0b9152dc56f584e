using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace OnnxEmbed.Merging.Methods.TaskVectors;

/// <summary>
/// Sorts keys by counting bytes, the least significant first, which keeps the order of equal keys: each key is moved at most eight times, whatever
/// they are.
/// </summary>
internal sealed class ByteSort
{
    private const int Bytes = 8;

    private readonly int[] _counts = new int[Bytes * 256];
    private long[] _otherKeys = [];
    private int[] _otherCompanions = [];

    /// <summary>Sorts keys from the smallest to the largest; each of <paramref name="companions"/> goes with its key.</summary>
    public void Sort(Span<long> keys, Span<int> companions)
    {
        int length = keys.Length;
        if (_otherKeys.Length < length)
        {
            (_otherKeys, _otherCompanions) = (new long[length], new int[length]);
        }

        Count(keys);
        Span<long> from = keys;
        Span<int> fromCompanions = companions;
        Span<long> to = _otherKeys.AsSpan(0, length);
        Span<int> toCompanions = _otherCompanions.AsSpan(0, length);
        for (int digit = 0; digit < Bytes; digit++)
        {
            Span<int> counts = _counts.AsSpan(digit * 256, 256);
            if (length == 0 || counts[unchecked((byte)(keys[0] >> (digit * 8)))] == length)
            {
                continue; // all alike: the last bytes of a difference of floats are 0
            }

            Move(from, fromCompanions, to, toCompanions, counts, digit * 8);
            Span<long> swap = from;
            from = to;
            to = swap;
            Span<int> swapCompanions = fromCompanions;
            fromCompanions = toCompanions;
            toCompanions = swapCompanions;
        }

        if (from != keys)
        {
            from.CopyTo(keys);
            fromCompanions.CopyTo(companions);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Move(Span<long> from, Span<int> fromCompanions, Span<long> to, Span<int> toCompanions, Span<int> counts, int shift)
    {
        int position = 0;
        for (int i = 0; i < 256; i++)
        {
            (counts[i], position) = (position, unchecked(position + counts[i]));
        }

        for (int i = 0; i < from.Length; i++)
        {
            int at = counts[unchecked((byte)(from[i] >> shift))]++;
            to[at] = from[i];
            toCompanions[at] = fromCompanions[i];
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Count(ReadOnlySpan<long> keys)
    {
        Array.Clear(_counts);
        ref int counts = ref MemoryMarshal.GetArrayDataReference(_counts);
        unchecked
        {
            foreach (long key in keys)
            {
                for (int digit = 0; digit < Bytes; digit++)
                {
                    Unsafe.Add(ref counts, (nint)((digit << 8) + (byte)(key >> (digit << 3))))++;
                }
            }
        }
    }
}
