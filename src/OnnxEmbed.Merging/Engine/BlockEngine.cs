using System.Collections.Concurrent;
using System.Runtime.ExceptionServices;
using System.Runtime.InteropServices;
using OnnxEmbed.Tensors;

namespace OnnxEmbed.Merging.Engine;

/// <summary>
/// Measures and blends tensors in blocks of <see cref="Reductions.BlockLength"/> elements on several threads. Memory is a few blocks for each
/// thread, whatever the size of a tensor; sums are added in the order of the blocks, so that results do not depend on the threads.
/// </summary>
internal sealed partial class BlockEngine(int degreeOfParallelism, CancellationToken cancellation)
{
    private const int BlockLength = Reductions.BlockLength;

    private readonly ConcurrentBag<Scratch> _scratch = [];
    private readonly ParallelOptions _parallel = new() { MaxDegreeOfParallelism = degreeOfParallelism, CancellationToken = cancellation };

    /// <summary>Sums over the first source and each later one; the first with itself where it is alone.</summary>
    public IReadOnlyList<PairSums> Measure(IReadOnlyList<WeightSource> sources)
    {
        int pairs = Math.Max(1, sources.Count - 1);
        bool doubles = sources.Any(source => source.NeedsDouble);
        long length = sources[0].Stored.ElementCount;
        PairSums[] partial = new PairSums[checked(BlockCount(length) * pairs)];
        ForEachBlock(length, (block, start, count, scratch) =>
        {
            for (int pair = 0; pair < pairs; pair++)
            {
                WeightSource other = sources.Count == 1 ? sources[0] : sources[pair + 1];
                partial[(block * pairs) + pair] = doubles
                    ? MeasureDoubles(sources[0], other, start, count, pair == 0, scratch)
                    : Reductions.Pair(sources[0].Singles(start, scratch.FirstSingles(count)), other.Singles(start, scratch.SecondSingles(count)));
            }
        });

        PairSums[] sums = new PairSums[pairs];
        for (int i = 0; i < partial.Length; i++)
        {
            sums[i % pairs] += partial[i];
        }

        return sums;
    }

    /// <summary>How many values are NaN or infinite.</summary>
    public long CountNonFinite(WeightSource source)
    {
        long total = 0;
        ForEachBlock(source.Stored.ElementCount, (_, start, count, scratch) =>
        {
            long found;
            if (source.NeedsDouble)
            {
                Span<double> values = scratch.FirstDoubles(count);
                source.Doubles(start, values);
                found = Reductions.CountNonFinite(values);
            }
            else
            {
                found = Reductions.CountNonFinite(source.Singles(start, scratch.FirstSingles(count)));
            }

            Interlocked.Add(ref total, found);
        });
        return total;
    }

    /// <summary>Whether all sources hold the same bytes.</summary>
    public bool AreEqual(IReadOnlyList<WeightSource> sources)
    {
        if (sources.Any(source => source.IsChanged || source.Stored.ElementType != sources[0].Stored.ElementType))
        {
            return false;
        }

        // Models that differ mostly differ in the first bytes; only equal ones are read to the end.
        int size = sources[0].Stored.ElementType.SizeInBytes();
        int differing = 0;
        ForEachBlock(sources[0].Stored.ElementCount, (_, start, count, _) =>
        {
            ReadOnlySpan<byte> first = Volatile.Read(ref differing) == 0 ? sources[0].Stored.Slice(start * size, count * size) : default;
            for (int i = 1; i < sources.Count && Volatile.Read(ref differing) == 0; i++)
            {
                if (!first.SequenceEqual(sources[i].Stored.Slice(start * size, count * size)))
                {
                    Volatile.Write(ref differing, 1);
                }
            }
        });
        return differing == 0;
    }

    /// <summary>Σ factor · source in <paramref name="type"/>, rounded once; returns the squared norm of what was written.</summary>
    /// <param name="sources">The tensors.</param>
    /// <param name="factors">Factor of each; those with 0 are not read.</param>
    /// <param name="type">Element type of the result.</param>
    /// <param name="write">Takes bytes at an offset within the result; called from several threads.</param>
    public double Blend(IReadOnlyList<WeightSource> sources, IReadOnlyList<double> factors, ElementType type, BlockWriter write)
    {
        int[] used = [.. Enumerable.Range(0, sources.Count).Where(i => factors[i] != 0)];
        bool doubles = used.Any(i => sources[i].NeedsDouble);
        long length = sources[0].Stored.ElementCount;
        int size = type.SizeInBytes();
        double[] norms = new double[BlockCount(length)];
        ForEachBlock(length, (block, start, count, scratch) =>
        {
            Span<byte> bytes = scratch.Bytes(count * size);
            if (!doubles && used.Length == 2 && type == ElementType.Float32)
            {
                ReadOnlySpan<float> first = sources[used[0]].Singles(start, scratch.FirstSingles(count));
                ReadOnlySpan<float> second = sources[used[1]].Singles(start, scratch.SecondSingles(count));
                Blends.Combine(factors[used[0]], first, factors[used[1]], second, MemoryMarshal.Cast<byte, float>(bytes));
            }
            else
            {
                Span<double> sum = scratch.SecondDoubles(count);
                sum.Clear();
                foreach (int i in used)
                {
                    if (doubles)
                    {
                        Span<double> values = scratch.FirstDoubles(count);
                        sources[i].Doubles(start, values);
                        Blends.Accumulate(factors[i], values, sum);
                    }
                    else
                    {
                        Blends.Accumulate(factors[i], sources[i].Singles(start, scratch.FirstSingles(count)), sum);
                    }
                }

                FloatConversion.FromDoubles(sum, type, bytes);
            }

            norms[block] = SquaredNorm(type, bytes, count, scratch);
            write(start * size, bytes);
        });

        double total = 0;
        foreach (double norm in norms)
        {
            total += norm;
        }

        return total;
    }

    /// <summary>Writes the bytes of a tensor as they are.</summary>
    public void Copy(TensorData tensor, BlockWriter write)
    {
        const int Chunk = 1 << 20;
        for (long start = 0; start < tensor.ByteLength; start += Chunk)
        {
            cancellation.ThrowIfCancellationRequested();
            write(start, tensor.Slice(start, (int)Math.Min(Chunk, tensor.ByteLength - start)));
        }
    }

    private static int BlockCount(long length) => checked((int)((length + BlockLength - 1) / BlockLength));

    private static PairSums MeasureDoubles(WeightSource first, WeightSource other, long start, int count, bool readFirst, Scratch scratch)
    {
        Span<double> u = scratch.FirstDoubles(count);
        if (readFirst)
        {
            first.Doubles(start, u);
        }

        if (ReferenceEquals(first, other))
        {
            return Reductions.Pair(u, u);
        }

        Span<double> v = scratch.SecondDoubles(count);
        other.Doubles(start, v);
        return Reductions.Pair(u, v);
    }

    private static double SquaredNorm(ElementType type, ReadOnlySpan<byte> bytes, int count, Scratch scratch)
    {
        switch (type)
        {
            case ElementType.Float32:
                return Reductions.SquaredNorm(MemoryMarshal.Cast<byte, float>(bytes));
            case ElementType.Float64:
                return Reductions.SquaredNorm(MemoryMarshal.Cast<byte, double>(bytes));
            default:
                Span<float> values = scratch.FirstSingles(count);
                FloatConversion.ToSingles(type, bytes, values);
                return Reductions.SquaredNorm(values);
        }
    }

    private void ForEachBlock(long length, BlockAction action)
    {
        int blocks = BlockCount(length);
        if (blocks <= 1 || degreeOfParallelism == 1)
        {
            Scratch scratch = Rent();
            for (int block = 0; block < blocks; block++)
            {
                cancellation.ThrowIfCancellationRequested();
                Run(block, scratch);
            }

            _scratch.Add(scratch);
            return;
        }

        try
        {
            Parallel.For(0, blocks, _parallel, Rent, (block, _, scratch) =>
            {
                Run(block, scratch);
                return scratch;
            }, _scratch.Add);
        }
        catch (AggregateException exception)
        {
            // A full disk is the same fault on one thread and on several.
            ExceptionDispatchInfo.Throw(exception.InnerExceptions[0]);
        }

        void Run(int block, Scratch scratch)
        {
            long start = (long)block * BlockLength;
            action(block, start, (int)Math.Min(BlockLength, length - start), scratch);
        }
    }

    private Scratch Rent() => _scratch.TryTake(out Scratch? scratch) ? scratch : new Scratch();

    /// <summary>Takes bytes at an offset within a tensor.</summary>
    internal delegate void BlockWriter(long offset, ReadOnlySpan<byte> bytes);

    private delegate void BlockAction(int block, long start, int count, Scratch scratch);

    /// <summary>Buffers of one thread, each made when it is first needed.</summary>
    private sealed class Scratch
    {
        private float[]? _firstSingles;
        private float[]? _secondSingles;
        private double[]? _firstDoubles;
        private double[]? _secondDoubles;
        private byte[]? _bytes;

        public Span<float> FirstSingles(int count) => (_firstSingles ??= new float[BlockLength]).AsSpan(0, count);

        public Span<float> SecondSingles(int count) => (_secondSingles ??= new float[BlockLength]).AsSpan(0, count);

        public Span<double> FirstDoubles(int count) => (_firstDoubles ??= new double[BlockLength]).AsSpan(0, count);

        public Span<double> SecondDoubles(int count) => (_secondDoubles ??= new double[BlockLength]).AsSpan(0, count);

        public Span<byte> Bytes(int count) => (_bytes ??= new byte[BlockLength * sizeof(double)]).AsSpan(0, count);
    }
}
