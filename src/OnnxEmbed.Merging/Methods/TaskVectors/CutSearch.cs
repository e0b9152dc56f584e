namespace OnnxEmbed.Merging.Methods.TaskVectors;

/// <summary>Finds the cuts of a tensor, several at once, in passes over it: O(block) memory and a few fixed histograms, whatever its size.</summary>
internal static class CutSearch
{
    /// <summary>Writes keys of a part of a block.</summary>
    /// <param name="block">The block.</param>
    /// <param name="cut">Index of the cut that they are for.</param>
    /// <param name="start">First element within the block.</param>
    /// <param name="keys">Receives the keys.</param>
    internal delegate void KeyFiller(TensorBlock block, int cut, int start, Span<long> keys);

    /// <summary>Finds for each rank the cut that has so many elements inside; 0 and the number of elements need no pass.</summary>
    public static Cut[] Find(MergeTensor tensor, IReadOnlyList<long> ranks, KeyFiller fill)
    {
        Cut[] cuts = [.. ranks.Select(rank => rank == 0 ? Cut.None : Cut.All)];
        int[] sought = [.. Enumerable.Range(0, ranks.Count).Where(cut => ranks[cut] > 0 && ranks[cut] < tensor.ElementCount)];
        Cut[] found = Find(tensor, [.. sought.Select(cut => new RadixSelection(tensor.ElementCount, ranks[cut]))], Fill);
        for (int i = 0; i < sought.Length; i++)
        {
            cuts[sought[i]] = found[i];
        }

        return cuts;

        void Fill(TensorBlock block, int cut, int start, Span<long> keys) => fill(block, sought[cut], start, keys);
    }

    /// <summary>Finds the cut of each selection.</summary>
    public static Cut[] Find(MergeTensor tensor, RadixSelection[] selections, KeyFiller fill)
    {
        while (selections.Any(selection => !selection.IsDone))
        {
            Pass(tensor, selections, fill);
        }

        Cut[] cuts = [.. selections.Select(selection => new Cut(selection.Key, selection.TiesInside == 0 ? 0 : long.MaxValue))];
        int[] split = [.. Enumerable.Range(0, cuts.Length).Where(cut => selections[cut].TiesInside < selections[cut].Ties && selections[cut].TiesInside > 0)];
        if (split.Length > 0)
        {
            long[] ends = TieEnds(tensor, [.. split.Select(cut => selections[cut])], (block, cut, start, keys) => fill(block, split[cut], start, keys));
            for (int i = 0; i < split.Length; i++)
            {
                cuts[split[i]] = cuts[split[i]] with { TieEnd = ends[i] };
            }
        }

        return cuts;
    }

    private static void Pass(MergeTensor tensor, RadixSelection[] selections, KeyFiller fill)
    {
        int[] open = [.. Enumerable.Range(0, selections.Length).Where(cut => !selections[cut].IsDone)];
        try
        {
            foreach (int cut in open)
            {
                selections[cut].BeginPass();
            }

            int[][] none = tensor.Tally(
                () => Array.ConvertAll(open, cut => selections[cut].RentCounts()),
                (block, counts) =>
                {
                    Span<long> keys = stackalloc long[RadixSelection.ChunkLength];
                    for (int i = 0; i < open.Length; i++)
                    {
                        for (int start = 0; start < block.Count; start += keys.Length)
                        {
                            Span<long> part = keys[..Math.Min(keys.Length, block.Count - start)];
                            fill(block, open[i], start, part);
                            selections[open[i]].Show(part, counts[i]);
                        }
                    }
                },
                (_, counts) =>
                {
                    for (int i = 0; i < open.Length; i++)
                    {
                        selections[open[i]].Collect(counts[i]);
                    }
                });
            for (int i = 0; i < open.Length; i++)
            {
                selections[open[i]].Collect(none[i]);
                selections[open[i]].EndPass();
            }
        }
        finally
        {
            foreach (int cut in open)
            {
                selections[cut].Dispose();
            }
        }
    }

    /// <summary>Positions before which as many of the elements that equal a cut's key lie as are inside.</summary>
    private static long[] TieEnds(MergeTensor tensor, RadixSelection[] selections, KeyFiller fill)
    {
        List<BlockTies> blocks = tensor.Fold(
            block =>
            {
                int[] counts = new int[selections.Length];
                Span<long> keys = stackalloc long[RadixSelection.ChunkLength];
                for (int cut = 0; cut < selections.Length; cut++)
                {
                    for (int start = 0; start < block.Count; start += keys.Length)
                    {
                        Span<long> part = keys[..Math.Min(keys.Length, block.Count - start)];
                        fill(block, cut, start, part);
                        counts[cut] += MagnitudeKeys.CountEqual(part, selections[cut].Key);
                    }
                }

                return new List<BlockTies> { new(block.Start, counts) };
            },
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

        return Locate(tensor, selections, last, fill);
    }

    /// <summary>Looks up the last tie inside in its block; the other blocks are not read.</summary>
    private static long[] Locate(MergeTensor tensor, RadixSelection[] selections, (long Block, long Left)[] last, KeyFiller fill) => tensor.Fold(
        block =>
        {
            long[] ends = new long[selections.Length];
            Span<long> keys = stackalloc long[RadixSelection.ChunkLength];
            for (int cut = 0; cut < selections.Length; cut++)
            {
                long left = block.Start == last[cut].Block ? last[cut].Left : 0;
                for (int start = 0; left > 0; start += keys.Length)
                {
                    Span<long> part = keys[..Math.Min(keys.Length, block.Count - start)];
                    fill(block, cut, start, part);
                    for (int i = 0; i < part.Length && left > 0; i++)
                    {
                        if (part[i] == selections[cut].Key && --left == 0)
                        {
                            ends[cut] = block.Start + start + i + 1;
                        }
                    }
                }
            }

            return ends;
        },
        (total, ends) => [.. total.Zip(ends, Math.Max)]);

    /// <summary>How many ties each cut has in a block.</summary>
    private sealed record BlockTies(long Start, int[] Counts);
}
