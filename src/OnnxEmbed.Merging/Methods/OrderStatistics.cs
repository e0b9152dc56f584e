namespace OnnxEmbed.Merging.Methods;

/// <summary>
/// The k-th smallest of many numbers that are computed anew for each pass, exactly: the bits of non-negative doubles order as their values
/// do,
/// so that four counts of 16 bits each, from the top, leave one value. Nothing is sorted or sampled; memory is a table of 65,536 counts for
/// each
/// rank and thread.
/// </summary>
internal static class OrderStatistics
{
    private const int Digit = 16;

    /// <summary>Gives the values of a block.</summary>
    /// <param name="block">The block.</param>
    /// <param name="add">Takes each of the values, which are not negative, exactly once.</param>
    public delegate void Values(TensorBlock block, Action<ReadOnlySpan<double>> add);

    /// <summary>Values of the given ranks, counted from 0.</summary>
    /// <param name="tensor">The tensor.</param>
    /// <param name="values">Gives the values of a block.</param>
    /// <param name="ranks">Ranks, each below the number of values.</param>
    public static double[] Find(MergeTensor tensor, Values values, params ReadOnlySpan<long> ranks)
    {
        long[] left = ranks.ToArray();
        ulong[] prefixes = new ulong[left.Length];
        for (int shift = 64 - Digit; shift >= 0; shift -= Digit)
        {
            int known = shift + Digit;
            ulong[] distinct = [.. prefixes.Distinct()];
            long[][] counts = tensor.Tally(
                () => (long[][])[.. distinct.Select(_ => new long[1 << Digit])],
                (block, tables) => values(block, part => Count(part, known, shift, distinct, tables)),
                Add);
            for (int i = 0; i < left.Length; i++)
            {
                long[] table = counts[Array.IndexOf(distinct, prefixes[i])];
                int digit = 0;
                while (left[i] >= table[digit])
                {
                    left[i] -= table[digit++];
                }

                prefixes[i] = (prefixes[i] << Digit) | (uint)digit;
            }
        }

        return [.. prefixes.Select(BitConverter.UInt64BitsToDouble)];
    }

    private static void Count(ReadOnlySpan<double> values, int known, int shift, ulong[] prefixes, long[][] tables)
    {
        foreach (double value in values)
        {
            ulong bits = BitConverter.DoubleToUInt64Bits(value);
            ulong prefix = known == 64 ? 0 : bits >> known;
            for (int i = 0; i < prefixes.Length; i++)
            {
                if (prefixes[i] == prefix)
                {
                    tables[i][(bits >> shift) & 0xFFFF]++;
                }
            }
        }
    }

    private static void Add(long[][] total, long[][] part)
    {
        for (int i = 0; i < total.Length; i++)
        {
            for (int digit = 0; digit < total[i].Length; digit++)
            {
                total[i][digit] += part[i][digit];
            }
        }
    }
}
