using System.Buffers;
using System.Collections.Concurrent;
using System.Runtime.ExceptionServices;
using OnnxEmbed.Merging.Methods;
using OnnxEmbed.Tensors;

namespace OnnxEmbed.Merging.Engine;

/// <content>Passes over the elements of all models at once, and results that a formula computes from them.</content>
internal sealed partial class BlockEngine
{
    /// <summary>Blocks measured before what was measured is added up: enough to keep every thread busy.</summary>
    private const int BlocksPerWave = 256;

    /// <summary>Measures each block and adds the measures in the order of the blocks.</summary>
    /// <exception cref="InvalidOperationException">The tensor is empty.</exception>
    public T Fold<T>(IReadOnlyList<WeightSource> sources, bool hasBase, RowLayout? rows, Func<TensorBlock, T> measure, Func<T, T, T> add)
    {
        int blocks = TensorBlock.BlockCount(sources[0].Stored.ElementCount, rows);
        if (blocks == 0)
        {
            throw new InvalidOperationException("an empty tensor has nothing to measure");
        }

        T[] wave = new T[Math.Min(blocks, BlocksPerWave)];
        T total = default!;
        for (int first = 0; first < blocks; first += BlocksPerWave)
        {
            int start = first;
            int count = Math.Min(BlocksPerWave, blocks - first);
            ForEachTensorBlock(sources, hasBase, rows, start, count, () => true, (block, index, _) => wave[index - start] = measure(block));
            for (int i = 0; i < count; i++)
            {
                total = start + i == 0 ? wave[0] : add(total, wave[i]);
            }
        }

        return total;
    }

    /// <summary>Counts into one object for each thread and adds those, in any order.</summary>
    public T Tally<T>(
        IReadOnlyList<WeightSource> sources, bool hasBase, RowLayout? rows, Func<T> make, Action<TensorBlock, T> count, Action<T, T> addSecondToFirst)
    {
        int blocks = TensorBlock.BlockCount(sources[0].Stored.ElementCount, rows);
        ConcurrentBag<T> parts = [];
        ForEachTensorBlock(sources, hasBase, rows, 0, blocks, () =>
        {
            T part = make();
            parts.Add(part);
            return part;
        }, (block, _, part) => count(block, part));
        T total = make();
        foreach (T part in parts)
        {
            addSecondToFirst(total, part);
        }

        return total;
    }

    /// <summary>Writes what a formula gives in <paramref name="type"/>, rounded once; returns the squared norm of what was written.</summary>
    public double Compute(
        IReadOnlyList<WeightSource> sources, bool hasBase, RowLayout? rows, ElementFormula formula, ElementType type, BlockWriter write)
    {
        int blocks = TensorBlock.BlockCount(sources[0].Stored.ElementCount, rows);
        double[] norms = new double[blocks];
        ForEachTensorBlock(sources, hasBase, rows, 0, blocks, () => true, (block, index, _) =>
        {
            double[] result = ArrayPool<double>.Shared.Rent(block.Count);
            byte[] bytes = ArrayPool<byte>.Shared.Rent(block.Count * sizeof(double));
            Span<double> values = result.AsSpan(0, block.Count);
            formula(block, values);
            norms[index] = rows is { Strided: true } layout
                ? WriteStrided(block, layout, values, type, bytes, write)
                : WriteElements(block.Start, values, type, bytes, write);
            ArrayPool<double>.Shared.Return(result);
            ArrayPool<byte>.Shared.Return(bytes);
        });
        double total = 0;
        foreach (double norm in norms)
        {
            total += norm;
        }

        return total;
    }

    private static double WriteElements(long start, Span<double> values, ElementType type, byte[] scratch, BlockWriter write)
    {
        int size = type.SizeInBytes();
        Span<byte> bytes = scratch.AsSpan(0, values.Length * size);
        FloatConversion.FromDoubles(values, type, bytes);
        write(start * size, bytes);
        FloatConversion.ToDoubles(type, bytes, values);
        return Reductions.SquaredNorm(values);
    }

    /// <summary>Writes rows that lie across: what is written together is one element of each row.</summary>
    private static double WriteStrided(TensorBlock block, RowLayout layout, Span<double> values, ElementType type, byte[] scratch, BlockWriter write)
    {
        double[] turned = ArrayPool<double>.Shared.Rent(block.RowCount);
        double squared = 0;
        for (int i = 0; i < layout.Length; i++)
        {
            for (int row = 0; row < block.RowCount; row++)
            {
                turned[row] = values[(row * layout.Length) + i];
            }

            squared += WriteElements((i * layout.Count) + block.FirstRow, turned.AsSpan(0, block.RowCount), type, scratch, write);
        }

        ArrayPool<double>.Shared.Return(turned);
        return squared;
    }

    private void ForEachTensorBlock<TLocal>(
        IReadOnlyList<WeightSource> sources, bool hasBase, RowLayout? rows, int first, int count, Func<TLocal> local, Action<TensorBlock, int, TLocal> action)
    {
        long length = sources[0].Stored.ElementCount;
        if (count <= 1 || degreeOfParallelism == 1)
        {
            using TensorBlock block = new(sources, hasBase);
            TLocal own = local();
            for (int index = first; index < first + count; index++)
            {
                cancellation.ThrowIfCancellationRequested();
                block.MoveTo(index, length, rows);
                action(block, index, own);
            }

            return;
        }

        try
        {
            Parallel.For(first, first + count, _parallel, () => (Block: new TensorBlock(sources, hasBase), Own: local()), (index, _, state) =>
            {
                state.Block.MoveTo(index, length, rows);
                action(state.Block, index, state.Own);
                return state;
            }, state => state.Block.Dispose());
        }
        catch (AggregateException exception)
        {
            ExceptionDispatchInfo.Throw(exception.InnerExceptions[0]);
        }
    }
}
