using System.Buffers;
using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using System.Runtime.ExceptionServices;
using System.Runtime.InteropServices;
using OnnxEmbed.Merging.Methods;
using OnnxEmbed.Tensors;

namespace OnnxEmbed.Merging.Engine;

/// <content>Passes over the elements of all models at once, and results that a formula computes from them.</content>
internal sealed partial class BlockEngine
{
    /// <summary>Blocks measured before what was measured is added up: enough to keep every thread busy.</summary>
    private const int BlocksPerWave = 512;

    /// <summary>Blocks that one thread takes at a time, whose results are written together; a block of a <see cref="Measurement"/>.</summary>
    private const int BlocksPerRun = BlockLength / TensorBlock.Length;

    /// <summary>Measures each block and adds the measures in the order of the blocks.</summary>
    /// <exception cref="InvalidOperationException">The tensor is empty.</exception>
    public T Fold<T>(
        IReadOnlyList<WeightSource> sources,
        bool hasBase,
        RowLayout? rows,
        Func<TensorBlock, T> measure,
        Func<T, T, T> add,
        Measurement? along = null)
    {
        int blocks = TensorBlock.BlockCount(sources[0].Stored.ElementCount, rows);
        if (blocks == 0)
        {
            throw new InvalidOperationException("an empty tensor has nothing to measure");
        }

        along = Along(along, rows);
        T[] wave = new T[Math.Min(blocks, BlocksPerWave)];
        T total = default!;
        for (int first = 0; first < blocks; first += BlocksPerWave)
        {
            int start = first;
            int count = Math.Min(BlocksPerWave, blocks - first);
            ForEachTensorBlock(
                sources, hasBase, rows, start, count, () => true, (block, index, _) => wave[index - start] = measure(block), along: along);
            for (int i = 0; i < count; i++)
            {
                total = start + i == 0 ? wave[0] : add(total, wave[i]);
            }
        }

        Complete(along);
        return total;
    }

    /// <summary>Counts into one object for each thread and adds those, in any order.</summary>
    public T Tally<T>(
        IReadOnlyList<WeightSource> sources,
        bool hasBase,
        RowLayout? rows,
        Func<T> make,
        Action<TensorBlock, T> count,
        Action<T, T> addSecondToFirst,
        Measurement? along = null)
    {
        along = Along(along, rows);
        int blocks = TensorBlock.BlockCount(sources[0].Stored.ElementCount, rows);
        ConcurrentBag<T> parts = [];
        ForEachTensorBlock(sources, hasBase, rows, 0, blocks, () =>
        {
            T part = make();
            parts.Add(part);
            return part;
        }, (block, _, part) => count(block, part), along: along);
        Complete(along);
        T total = make();
        foreach (T part in parts)
        {
            addSecondToFirst(total, part);
        }

        return total;
    }

    /// <summary>Goes to each block, of which it need not read more than a few elements.</summary>
    public void Visit(IReadOnlyList<WeightSource> sources, bool hasBase, Action<TensorBlock> visit)
    {
        int blocks = TensorBlock.BlockCount(sources[0].Stored.ElementCount, null);
        ForEachTensorBlock(sources, hasBase, null, 0, blocks, () => true, (block, _, _) => visit(block));
    }

    /// <summary>What a formula gives in <paramref name="type"/>, rounded once, as an update of the first source as it is stored.</summary>
    public RoundedSums Compute(
        IReadOnlyList<WeightSource> sources,
        bool hasBase,
        RowLayout? rows,
        ElementFormula formula,
        ElementType type,
        BlockWriter write,
        Measurement? along = null)
    {
        along = Along(along, rows);
        int blocks = TensorBlock.BlockCount(sources[0].Stored.ElementCount, rows);
        RoundedSums[] sums = new RoundedSums[blocks];
        ForEachTensorBlock(sources, hasBase, rows, 0, blocks, () =>
        {
            Scratch scratch = Rent();
            return (Scratch: scratch, Writes: scratch.Joined(write));
        }, (block, index, own) =>
        {
            double[] result = ArrayPool<double>.Shared.Rent(block.Count);
            Span<double> values = result.AsSpan(0, block.Count);
            formula(block, values);
            sums[index] = rows is { Strided: true } layout
                ? WriteStrided(sources[0], block, layout, values, type, own.Scratch, own.Writes)
                : WriteElements(sources[0], block.Start, values, type, own.Scratch, own.Writes);
            ArrayPool<double>.Shared.Return(result);
        }, own => own.Writes.Flush(), own => _scratch.Add(own.Scratch), along);
        Complete(along);
        return sums.Aggregate(default(RoundedSums), RoundedSums.Add);
    }

    /// <summary>What a pass measures besides, run by run: elements in their order make up the blocks of a measurement, rows do not.</summary>
    private static Measurement? Along(Measurement? measurement, RowLayout? rows) =>
        rows is null && measurement is { IsDone: false } ? measurement : null;

    private static void Complete(Measurement? along)
    {
        if (along is not null)
        {
            along.IsDone = true;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static RoundedSums WriteElements(
        WeightSource first, long start, ReadOnlySpan<double> values, ElementType type, Scratch scratch, JoinedWrites writes)
    {
        int size = type.SizeInBytes();
        Span<byte> bytes = writes.Next(start * size, values.Length * size);
        RoundedBlock rounded = default;
        for (int done = 0; done < values.Length; done += PieceLength)
        {
            ReadOnlySpan<double> piece = values.Slice(done, Math.Min(PieceLength, values.Length - done));
            Span<byte> target = bytes.Slice(done * size, piece.Length * size);
            if (IsNarrow(first, type))
            {
                rounded.Round(piece, first.Singles(start + done, scratch.FirstSingles(piece.Length)), MemoryMarshal.Cast<byte, float>(target));
            }
            else
            {
                Round(first, start + done, piece, type, target, scratch, ref rounded);
            }
        }

        return rounded.Total;
    }

    /// <summary>Writes rows that lie across: what is written together is one element of each row.</summary>
    private static RoundedSums WriteStrided(
        WeightSource first, TensorBlock block, RowLayout layout, Span<double> values, ElementType type, Scratch scratch, JoinedWrites writes)
    {
        double[] turned = ArrayPool<double>.Shared.Rent(block.RowCount);
        RoundedSums sums = default;
        for (int i = 0; i < layout.Length; i++)
        {
            for (int row = 0; row < block.RowCount; row++)
            {
                turned[row] = values[(row * layout.Length) + i];
            }

            sums += WriteElements(first, (i * layout.Count) + block.FirstRow, turned.AsSpan(0, block.RowCount), type, scratch, writes);
        }

        ArrayPool<double>.Shared.Return(turned);
        return sums;
    }

    private void ForEachTensorBlock<TLocal>(
        IReadOnlyList<WeightSource> sources,
        bool hasBase,
        RowLayout? rows,
        int first,
        int count,
        Func<TLocal> local,
        Action<TensorBlock, int, TLocal> action,
        Action<TLocal>? afterRun = null,
        Action<TLocal>? finish = null,
        Measurement? along = null)
    {
        long length = sources[0].Stored.ElementCount;
        if (count <= BlocksPerRun || degreeOfParallelism == 1)
        {
            using TensorBlock block = new(sources, hasBase);
            TLocal own = local();
            Run(block, own, first, first + count);
            finish?.Invoke(own);
            return;
        }

        try
        {
            int runs = (count + BlocksPerRun - 1) / BlocksPerRun;
            Parallel.For(0, runs, _parallel, () => (Block: new TensorBlock(sources, hasBase), Own: local()), (run, _, state) =>
            {
                int start = first + (run * BlocksPerRun);
                Run(state.Block, state.Own, start, Math.Min(start + BlocksPerRun, first + count));
                return state;
            }, state =>
            {
                state.Block.Dispose();
                finish?.Invoke(state.Own);
            });
        }
        catch (AggregateException exception)
        {
            ExceptionDispatchInfo.Throw(exception.InnerExceptions[0]);
        }

        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        void Run(TensorBlock block, TLocal own, int start, int end)
        {
            Scratch? scratch = along is null ? null : Rent();
            for (int index = start; index < end; index++)
            {
                cancellation.ThrowIfCancellationRequested();
                block.MoveTo(index, length, rows);
                along?.MeasurePart(block.Start, block.Count, scratch!);
                action(block, index, own);
            }

            if (scratch is not null)
            {
                _scratch.Add(scratch);
            }

            afterRun?.Invoke(own);
        }
    }
}
