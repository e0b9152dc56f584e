using System.Buffers;
using OnnxEmbed.Tensors;

namespace OnnxEmbed.Merging.Methods.TaskVectors;

/// <summary>Finds the cuts of a tensor, several at once, in passes over it: O(block) memory and some fixed buffers, whatever its size.</summary>
internal static class CutSearch
{
    /// <summary>Keys that all selections of a tensor may gather together: 16 MiB with their positions, whatever the size of the tensor.</summary>
    private const int GatherLimit = 1 << 20;

    /// <summary>Elements of a sample that lie together: a cache line of floats.</summary>
    private const int SampleRun = 16;

    private const int SampleStep = 512;
    private const int LargestSample = 1 << 17;

    /// <summary>The values of a part of a block whose magnitudes are compared, in the block or in <paramref name="scratch"/>.</summary>
    /// <param name="block">The block.</param>
    /// <param name="cut">Index of the cut that they are for.</param>
    /// <param name="start">First element within the block.</param>
    /// <param name="scratch">Room for as many as are asked for.</param>
    internal delegate ReadOnlySpan<double> ValueReader(TensorBlock block, int cut, int start, Span<double> scratch);

    /// <summary>Finds for each rank the cut that has so many elements inside; 0 and the number of elements need no pass.</summary>
    /// <param name="tensor">The tensor.</param>
    /// <param name="ranks">The ranks.</param>
    /// <param name="models">The model whose task vector each cut is for.</param>
    public static Cut[] Find(MergeTensor tensor, IReadOnlyList<long> ranks, IReadOnlyList<int> models)
    {
        Cut[] cuts = [.. ranks.Select(rank => rank == 0 ? Cut.None : Cut.All)];
        int[] sought = [.. Enumerable.Range(0, ranks.Count).Where(cut => ranks[cut] > 0 && ranks[cut] < tensor.ElementCount)];
        if (sought.Length == 0)
        {
            return cuts;
        }

        Cut[] found = WithRoom(tensor, sought.Length, (keys, positions) =>
        {
            RadixSelection[] selections =
                [.. sought.Select((cut, i) => new RadixSelection(tensor.ElementCount, ranks[cut], Part(keys, i, sought.Length), Part(positions, i, sought.Length)))];
            int[] own = [.. sought.Select(cut => models[cut])];
            if (selections[0].WantsSample)
            {
                Sample(tensor, selections, own, keys);
            }

            return Find(tensor, selections, (block, cut, start, scratch) =>
            {
                block.TaskPart(own[cut], start, scratch);
                return scratch;
            });
        });
        for (int i = 0; i < sought.Length; i++)
        {
            cuts[sought[i]] = found[i];
        }

        return cuts;
    }

    /// <summary>Finds one cut whose rank depends on how many keys are 0.</summary>
    public static Cut Find(MergeTensor tensor, Func<long, long> rankOfZeros, ValueReader read) => WithRoom(
        tensor, 1, (keys, positions) => Find(tensor, [new RadixSelection(tensor.ElementCount, rankOfZeros, keys, positions)], read))[0];

    private static Cut[] WithRoom(MergeTensor tensor, int cuts, Func<Memory<long>, Memory<long>, Cut[]> find)
    {
        // Two sizes, so that the pool keeps few arrays.
        int room = tensor.ElementCount <= RadixSelection.FewestKeys ? RadixSelection.FewestKeys * cuts : Math.Max(GatherLimit, RadixSelection.FewestKeys * cuts);
        long[] keys = ArrayPool<long>.Shared.Rent(room);
        long[] positions = ArrayPool<long>.Shared.Rent(room);
        try
        {
            return find(keys.AsMemory(0, room), positions.AsMemory(0, room));
        }
        finally
        {
            ArrayPool<long>.Shared.Return(keys);
            ArrayPool<long>.Shared.Return(positions);
        }
    }

    private static Memory<long> Part(Memory<long> whole, int index, int count) => whole.Slice(index * (whole.Length / count), whole.Length / count);

    /// <summary>Finds the cut of each selection.</summary>
    private static Cut[] Find(MergeTensor tensor, RadixSelection[] selections, ValueReader read)
    {
        while (selections.Any(selection => !selection.IsDone))
        {
            Pass(tensor, selections, read);
        }

        int[] split = [.. Enumerable.Range(0, selections.Length).Where(cut => selections[cut].TieEnd is null)];
        long[] ends = split.Length == 0
            ? []
            : TieSearch.Find(tensor, [.. split.Select(cut => selections[cut])], (block, cut, start, scratch) => read(block, split[cut], start, scratch));
        return [.. selections.Select((selection, cut) => new Cut(selection.Key, selection.TieEnd ?? ends[Array.IndexOf(split, cut)]))];
    }

    /// <summary>
    /// Tells each selection where its key is likely to lie, by runs of elements at random places, one in each stretch of the tensor. The places
    /// are the same in every merge.
    /// </summary>
    private static void Sample(MergeTensor tensor, RadixSelection[] selections, int[] models, Memory<long> room)
    {
        int runs = (int)Math.Min(Math.Min(LargestSample, room.Length / selections.Length) / SampleRun, tensor.ElementCount / SampleStep);
        long places = tensor.ElementCount / runs / SampleRun;
        long step = places * SampleRun;
        CounterRandom random = new(0, "sample");
        Memory<long>[] samples = [.. selections.Select((_, cut) => Part(room, cut, selections.Length)[..(runs * SampleRun)])];
        tensor.Tally(
            () => true,
            (block, _) =>
            {
                Span<double> values = stackalloc double[SampleRun];
                for (long run = block.Start / step; run < runs && run * step < block.Start + block.Count; run++)
                {
                    long start = (run * step) + ((long)(random.At((ulong)run) % (ulong)places) * SampleRun) - block.Start;
                    if (start < 0 || start >= block.Count)
                    {
                        continue; // in a neighbouring block
                    }

                    for (int cut = 0; cut < selections.Length; cut++)
                    {
                        block.TaskPart(models[cut], (int)start, values);
                        Span<long> keys = samples[cut].Span.Slice((int)run * SampleRun, SampleRun);
                        for (int i = 0; i < SampleRun; i++)
                        {
                            keys[i] = MagnitudeKeys.Of(values[i]);
                        }
                    }
                }
            },
            (_, _) => { });
        for (int cut = 0; cut < selections.Length; cut++)
        {
            selections[cut].Expect(samples[cut].Span);
        }
    }

    private static void Pass(MergeTensor tensor, RadixSelection[] selections, ValueReader read)
    {
        int[] open = [.. Enumerable.Range(0, selections.Length).Where(cut => !selections[cut].IsDone)];
        try
        {
            foreach (int cut in open)
            {
                selections[cut].BeginPass();
            }

            SelectionTally[] none = tensor.Tally(
                () => Array.ConvertAll(open, cut => selections[cut].MakeTally()),
                (block, tallies) =>
                {
                    for (int i = 0; i < open.Length; i++)
                    {
                        for (int start = 0; start < block.Count; start += SelectionTally.ChunkLength)
                        {
                            Span<double> scratch = tallies[i].Values.AsSpan(0, Math.Min(SelectionTally.ChunkLength, block.Count - start));
                            selections[open[i]].Show(read(block, open[i], start, scratch), block.Start + start, tallies[i]);
                        }
                    }
                },
                (_, tallies) => Collect(tallies));
            Collect(none);
            foreach (int cut in open)
            {
                selections[cut].EndPass();
            }
        }
        finally
        {
            foreach (int cut in open)
            {
                selections[cut].Dispose();
            }
        }

        void Collect(SelectionTally[] tallies)
        {
            for (int i = 0; i < open.Length; i++)
            {
                selections[open[i]].Collect(tallies[i]);
            }
        }
    }
}
