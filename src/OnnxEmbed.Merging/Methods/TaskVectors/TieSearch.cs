namespace OnnxEmbed.Merging.Methods.TaskVectors;

/// <summary>Finds where ties end that were too many to be gathered: one more pass counts them by blocks.</summary>
internal static class TieSearch
{
    /// <summary>For each selection the position behind the last of its ties that are inside.</summary>
    public static long[] Find(MergeTensor tensor, RadixSelection[] selections, CutSearch.ValueReader read)
    {
        List<BlockTies> blocks = tensor.Fold(
            block => new List<BlockTies> { new(block.Start, [.. Enumerable.Range(0, selections.Length).Select(cut => Count(block, cut, selections[cut].Key, read))]) },
            (total, next) =>
            {
                total.AddRange(next);
                return total;
            });
        (long Block, long Left)[] last = new (long, long)[selections.Length];
        for (int cut = 0; cut < selections.Length; cut++)
        {
            long left = selections[cut].TiesInside;
            int block = 0;
            for (; left > blocks[block].Counts[cut]; block++)
            {
                left -= blocks[block].Counts[cut];
            }

            last[cut] = (blocks[block].Start, left);
        }

        // Blocks without a last tie are not read.
        return tensor.Fold(
            block => (long[])[.. last.Select((end, cut) => block.Start == end.Block ? Locate(block, cut, selections[cut].Key, end.Left, read) : 0)],
            (total, ends) => [.. total.Zip(ends, Math.Max)]);
    }

    private static int Count(TensorBlock block, int cut, long key, CutSearch.ValueReader read)
    {
        Span<double> scratch = stackalloc double[SelectionTally.ChunkLength];
        int count = 0;
        for (int start = 0; start < block.Count; start += scratch.Length)
        {
            Span<double> values = scratch[..Math.Min(scratch.Length, block.Count - start)];
            read(block, cut, start, values);
            count += MagnitudeKeys.CountEqual(values, key);
        }

        return count;
    }

    private static long Locate(TensorBlock block, int cut, long key, long left, CutSearch.ValueReader read)
    {
        Span<double> scratch = stackalloc double[SelectionTally.ChunkLength];
        for (int start = 0; ; start += scratch.Length)
        {
            Span<double> values = scratch[..Math.Min(scratch.Length, block.Count - start)];
            read(block, cut, start, values);
            for (int i = 0; i < values.Length; i++)
            {
                if (MagnitudeKeys.Of(values[i]) == key && --left == 0)
                {
                    return block.Start + start + i + 1;
                }
            }
        }
    }

    /// <summary>How many ties each selection has in a block.</summary>
    private sealed record BlockTies(long Start, int[] Counts);
}
