using System.Buffers;
using System.Runtime.CompilerServices;
using OnnxEmbed.Tensors;

namespace OnnxEmbed.Merging.Methods.TaskVectors;

/// <summary>Finds the cuts of a tensor, several at once, in passes over it: O(block) memory and some fixed buffers, whatever its size.</summary>
internal static class CutSearch
{
    /// <summary>Keys that all selections of a tensor may gather together: 16 MiB with their positions, whatever the size of the tensor.</summary>
    private const int GatherLimit = 1 << 20;

    /// <summary>Elements of a sample that lie together: a cache line of floats.</summary>
    private const int SampleRun = 16;

    /// <summary>One run in so many elements of a large tensor: reading more of them takes longer than what a narrower range saves.</summary>
    private const int SampleStep = 1 << 12;

    /// <summary>The same of a small one.</summary>
    private const int DensestStep = 1 << 10;

    /// <summary>Fewer runs tell little; where they are denser than <see cref="DensestStep"/>, it is fewer all the same.</summary>
    private const int FewestRuns = 1 << 8;

    private const int LargestSample = 3 << 17;

    /// <summary>Reads the values of a part of a block whose magnitudes are compared.</summary>
    /// <param name="block">The block.</param>
    /// <param name="vector">Which of the vectors that are compared.</param>
    /// <param name="start">First element within the block.</param>
    /// <param name="values">Receives them.</param>
    internal delegate void ValueReader(TensorBlock block, int vector, int start, Span<double> values);

    /// <summary>Makes a selection that gathers keys and their positions where there is room for them.</summary>
    private delegate RadixSelection Maker(Memory<long> keys, Memory<long> positions);

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

        Cut[] found = Find(
            tensor,
            [.. sought.Select(cut => (Maker)((keys, positions) => new RadixSelection(tensor.ElementCount, ranks[cut], keys, positions)))],
            [.. sought.Select(cut => models[cut])],
            (block, model, start, values) => block.TaskPart(model, start, values));
        for (int i = 0; i < sought.Length; i++)
        {
            cuts[sought[i]] = found[i];
        }

        return cuts;
    }

    /// <summary>Finds one cut whose rank depends on how many keys are 0.</summary>
    public static Cut Find(MergeTensor tensor, Func<long, long> rankOfZeros, ValueReader read) =>
        Find(tensor, [(keys, positions) => new RadixSelection(tensor.ElementCount, rankOfZeros, keys, positions)], [0], read)[0];

    private static Cut[] Find(MergeTensor tensor, Maker[] make, int[] vectors, ValueReader read)
    {
        // Two sizes, so that the pool keeps few arrays.
        int least = RadixSelection.FewestKeys * make.Length;
        int room = tensor.ElementCount <= RadixSelection.FewestKeys ? least : Math.Max(GatherLimit, least);
        long[] keys = ArrayPool<long>.Shared.Rent(room);
        long[] positions = ArrayPool<long>.Shared.Rent(room);
        try
        {
            int part = room / make.Length;
            RadixSelection[] selections = [.. make.Select((one, i) => one(keys.AsMemory(i * part, part), positions.AsMemory(i * part, part)))];
            if (tensor.ElementCount > RadixSelection.FewestKeys)
            {
                Sample(tensor, selections, vectors, read, keys, part);
            }

            return Find(tensor, selections, vectors, read);
        }
        finally
        {
            ArrayPool<long>.Shared.Return(keys);
            ArrayPool<long>.Shared.Return(positions);
        }
    }

    /// <summary>Finds the cut of each selection.</summary>
    private static Cut[] Find(MergeTensor tensor, RadixSelection[] selections, int[] vectors, ValueReader read)
    {
        while (selections.Any(selection => !selection.IsDone))
        {
            Pass(tensor, selections, vectors, read);
        }

        int[] split = [.. Enumerable.Range(0, selections.Length).Where(cut => selections[cut].TieEnd is null)];
        long[] ends = split.Length == 0
            ? []
            : TieSearch.Find(
                tensor,
                [.. split.Select(cut => selections[cut])],
                (block, cut, start, values) => read(block, vectors[split[cut]], start, values));
        return [.. selections.Select((selection, cut) => new Cut(selection.Key, selection.TieEnd ?? ends[Array.IndexOf(split, cut)]))];
    }

    /// <summary>
    /// Tells each selection where its key is likely to lie, by runs of elements at random places, one in each stretch of the tensor. The places
    /// are the same in every merge.
    /// </summary>
    private static void Sample(MergeTensor tensor, RadixSelection[] selections, int[] vectors, ValueReader read, long[] room, int part)
    {
        long wanted = Math.Max(tensor.ElementCount / SampleStep, Math.Min(FewestRuns, tensor.ElementCount / DensestStep));
        int runs = (int)Math.Min(Math.Min(LargestSample, part) / SampleRun, wanted);
        long places = tensor.ElementCount / runs / SampleRun;
        long step = places * SampleRun;
        CounterRandom random = new(0, "sample");
        int[] distinct = [.. vectors.Distinct()];
        tensor.Visit(block =>
        {
            Span<double> values = stackalloc double[SampleRun];
            for (long run = block.Start / step; run < runs && run * step < block.Start + block.Count; run++)
            {
                long start = (run * step) + ((long)(random.At((ulong)run) % (ulong)places) * SampleRun) - block.Start;
                if (start < 0 || start >= block.Count)
                {
                    continue; // in a neighbouring block
                }

                for (int vector = 0; vector < distinct.Length; vector++)
                {
                    read(block, distinct[vector], (int)start, values);
                    Span<long> keys = room.AsSpan((vector * part) + ((int)run * SampleRun), SampleRun);
                    for (int i = 0; i < SampleRun; i++)
                    {
                        keys[i] = MagnitudeKeys.Of(values[i]);
                    }
                }
            }
        });
        tensor.InParallel(selections.Length, cut =>
        {
            int vector = Array.IndexOf(distinct, vectors[cut]);
            selections[cut].Expect(room.AsSpan(vector * part, runs * SampleRun), SampleRun);
        });
    }

    private static void Pass(MergeTensor tensor, RadixSelection[] selections, int[] vectors, ValueReader read)
    {
        int[] sought = [.. Enumerable.Range(0, selections.Length).Where(cut => !selections[cut].IsDone)];
        RadixSelection[] open = Array.ConvertAll(sought, cut => selections[cut]);
        (int Vector, int[] Open)[] readers =
            [.. Enumerable.Range(0, open.Length).GroupBy(i => vectors[sought[i]]).Select(group => (group.Key, group.ToArray()))];
        try
        {
            Array.ForEach(open, selection => selection.BeginPass());
            bool bySingles = Array.TrueForAll(open, selection => selection.TakesSingles);
            SelectionTally[] none = tensor.Tally(
                () => Array.ConvertAll(open, selection => selection.MakeTally()),
                [MethodImpl(MethodImplOptions.AggressiveOptimization)]
            (block, tallies) =>
                {
                    Span<double> chunk = stackalloc double[SelectionTally.ChunkLength];
                    for (int start = 0; start < block.Count; start += chunk.Length)
                    {
                        Span<double> values = chunk[..Math.Min(chunk.Length, block.Count - start)];
                        foreach ((int vector, int[] own) in readers)
                        {
                            if (bySingles && block.TryReadSingles(vector, start, values.Length, out ReadOnlySpan<float> model, out ReadOnlySpan<float> theBase))
                            {
                                foreach (int i in own)
                                {
                                    open[i].Show(model, theBase, block.Start + start, tallies[i]);
                                }

                                continue;
                            }

                            read(block, vector, start, values);
                            foreach (int i in own)
                            {
                                open[i].Show(values, block.Start + start, tallies[i]);
                            }
                        }
                    }
                },
                (_, tallies) => Collect(tallies));
            Collect(none);
            tensor.InParallel(open.Length, i => open[i].EndPass());
        }
        finally
        {
            Array.ForEach(open, selection => selection.Dispose());
        }

        void Collect(SelectionTally[] tallies)
        {
            for (int i = 0; i < open.Length; i++)
            {
                open[i].Collect(tallies[i]);
            }
        }
    }
}
