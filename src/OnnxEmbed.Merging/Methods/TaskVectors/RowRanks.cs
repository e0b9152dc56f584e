using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace OnnxEmbed.Merging.Methods.TaskVectors;

/// <summary>
/// The rank of each element in a row, 0 for the smallest; of equal keys the one at the lower position ranks higher, as it does where the
/// largest are selected. Ranks of all elements are an order, so this one does sort, by counting bytes (least significant first, which
/// keeps the order of equal keys): it reads each element a few times, whatever the length of the row.
/// </summary>
internal sealed class RowRanks
{
    private const int Bytes = 8;

    private readonly int[] _counts = new int[Bytes * 256];
    private int[] _order = [];
    private int[] _next = [];

    /// <summary>Ranks of <paramref name="keys"/>, in [0, length - 1].</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void Fill(ReadOnlySpan<long> keys, Span<int> ranks)
    {
        int length = keys.Length;
        if (_order.Length < length)
        {
            _order = new int[length];
            _next = new int[length];
        }

        Count(keys);
        Span<int> order = _order.AsSpan(0, length);
        Span<int> next = _next.AsSpan(0, length);
        for (int i = 0; i < length; i++)
        {
            order[i] = length - 1 - i;
        }

        for (int digit = 0; digit < Bytes; digit++)
        {
            Span<int> counts = _counts.AsSpan(digit * 256, 256);
            int shift = digit * 8;
            if (length == 0 || counts[unchecked((byte)(keys[0] >> shift))] == length)
            {
                continue; // all alike: the last bytes of a difference of floats are 0
            }

            int position = 0;
            for (int i = 0; i < 256; i++)
            {
                (counts[i], position) = (position, position + counts[i]);
            }

            ref int starts = ref MemoryMarshal.GetReference(counts);
            ref int to = ref MemoryMarshal.GetReference(next);
            ref long key = ref MemoryMarshal.GetReference(keys);
            unchecked
            {
                foreach (int index in order)
                {
                    ref int start = ref Unsafe.Add(ref starts, (nint)(byte)(Unsafe.Add(ref key, index) >> shift));
                    Unsafe.Add(ref to, start++) = index;
                }
            }

            Span<int> swap = order;
            order = next;
            next = swap;
        }

        for (int i = 0; i < length; i++)
        {
            ranks[order[i]] = i;
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
