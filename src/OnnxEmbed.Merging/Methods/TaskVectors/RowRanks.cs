using System.Numerics.Tensors;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace OnnxEmbed.Merging.Methods.TaskVectors;

/// <summary>
/// The rank of each element in a row, 0 for the smallest; of equal keys the one at the lower position ranks higher, as it does where the
/// largest are selected. Ranks of all elements are an order, so this one does sort: the magnitudes are dealt into as many equally wide bins
/// as there are elements, which keeps their order, and the few of a bin are put in order by insertion. A bin of many (rows of a few huge elements
/// and many small ones) is sorted by counting bytes, so that no row takes longer than in proportion to its length.
/// </summary>
internal sealed class RowRanks
{
    /// <summary>A bin of more elements is not sorted by insertion, which takes the square of their number.</summary>
    private const int LargestInsertion = 24;

    private readonly ByteSort _sort = new();
    private int[] _starts = [];
    private int[] _bins = [];
    private int[] _order = [];
    private long[] _keys = [];

    /// <summary>Ranks of <paramref name="keys"/>, in [0, length - 1].</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void Fill(ReadOnlySpan<long> keys, Span<int> ranks)
    {
        int length = keys.Length;
        if (_order.Length < length)
        {
            (_starts, _bins, _order, _keys) = (new int[length + 1], new int[length], new int[length], new long[length]);
        }

        Span<int> order = _order.AsSpan(0, length);
        Span<long> sorted = _keys.AsSpan(0, length);
        ReadOnlySpan<double> magnitudes = MemoryMarshal.Cast<long, double>(keys);
        double scale = length < 2 ? 0 : (length - 1) / BitConverter.Int64BitsToDouble(TensorPrimitives.Max(keys));
        if (scale is > 0 and < double.PositiveInfinity)
        {
            Deal(magnitudes, scale, keys, sorted, order);
        }
        else
        {
            // All 0, subnormal, or with infinite or NaN values: one bin.
            for (int i = 0; i < length; i++)
            {
                (sorted[i], order[i]) = (keys[length - 1 - i], length - 1 - i);
            }

            _sort.Sort(sorted, order);
        }

        ref int rank = ref MemoryMarshal.GetReference(ranks[..length]);
        for (int i = 0; i < order.Length; i++)
        {
            Unsafe.Add(ref rank, order[i]) = i;
        }
    }

    /// <summary>Brings keys and their positions in order.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Deal(ReadOnlySpan<double> magnitudes, double scale, ReadOnlySpan<long> keys, Span<long> sorted, Span<int> order)
    {
        int length = keys.Length;
        ref int starts = ref MemoryMarshal.GetArrayDataReference(_starts);
        ref int bins = ref MemoryMarshal.GetArrayDataReference(_bins);
        Array.Clear(_starts);
        unchecked
        {
            // The bin of the largest is length - 1, or length where the product is rounded up.
            for (int i = 0; i < length; i++)
            {
                int bin = Math.Min((int)(magnitudes[i] * scale), length - 1);
                Unsafe.Add(ref bins, i) = bin;
                Unsafe.Add(ref starts, bin)++;
            }

            int position = 0;
            int largest = 0;
            for (int bin = 0; bin < length; bin++)
            {
                int count = Unsafe.Add(ref starts, bin);
                Unsafe.Add(ref starts, bin) = position;
                position += count;
                largest = Math.Max(largest, count);
            }

            // From the end, so that of equal keys the one at the higher position comes first.
            for (int i = length - 1; i >= 0; i--)
            {
                int to = Unsafe.Add(ref starts, Unsafe.Add(ref bins, i))++;
                sorted[to] = keys[i];
                order[to] = i;
            }

            // Each bin now starts where the one before it ends.
            int start = 0;
            for (int bin = 0; bin < length && largest > LargestInsertion; bin++)
            {
                int end = Unsafe.Add(ref starts, bin);
                if (end - start > LargestInsertion)
                {
                    _sort.Sort(sorted[start..end], order[start..end]);
                }

                start = end;
            }
        }

        // No element moves out of its bin.
        Insert(sorted, order);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Insert(Span<long> keys, Span<int> order)
    {
        for (int i = 1; i < keys.Length; i++)
        {
            long key = keys[i];
            int position = order[i];
            int at = i;
            for (; at > 0 && keys[at - 1] > key; at--)
            {
                keys[at] = keys[at - 1];
                order[at] = order[at - 1];
            }

            keys[at] = key;
            order[at] = position;
        }
    }
}
