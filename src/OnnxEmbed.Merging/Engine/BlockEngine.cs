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

    /// <summary>Bytes of a tensor that are compared before the rest.</summary>
    private const int FirstBytes = 1 << 12;

    private readonly ConcurrentBag<Scratch> _scratch = [];
    private readonly ParallelOptions _parallel = new() { MaxDegreeOfParallelism = degreeOfParallelism, CancellationToken = cancellation };

    /// <summary>Sums over the first source and each later one; the first with itself where it is alone.</summary>
    public IReadOnlyList<PairSums> Measure(IReadOnlyList<WeightSource> sources) => Finish(Begin(sources));

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
        if (sources.Any(source => source.IsView))
        {
            return AreEqualByValue(sources);
        }

        if (sources.Any(source => source.IsChanged || source.Stored.ElementType != sources[0].Stored.ElementType))
        {
            return false;
        }

        // Models that differ mostly differ in the first bytes; only equal ones are read to the end, and by several threads.
        int size = sources[0].Stored.ElementType.SizeInBytes();
        int beginning = (int)Math.Min(FirstBytes, sources[0].Stored.ByteLength);
        ReadOnlySpan<byte> start = sources[0].Stored.Slice(0, beginning);
        for (int i = 1; i < sources.Count; i++)
        {
            if (!start.SequenceEqual(sources[i].Stored.Slice(0, beginning)))
            {
                return false;
            }
        }

        int differing = 0;
        ForEachBlock(sources[0].Stored.ElementCount, (_, at, count, _) =>
        {
            ReadOnlySpan<byte> first = Volatile.Read(ref differing) == 0 ? sources[0].Stored.Slice(at * size, count * size) : default;
            for (int i = 1; i < sources.Count && Volatile.Read(ref differing) == 0; i++)
            {
                if (!first.SequenceEqual(sources[i].Stored.Slice(at * size, count * size)))
                {
                    Volatile.Write(ref differing, 1);
                }
            }
        });
        return differing == 0;
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

    private static PairSums[] PartialPairs(IReadOnlyList<WeightSource> sources) =>
        new PairSums[checked(BlockCount(sources[0].Stored.ElementCount) * Math.Max(1, sources.Count - 1))];

    private static PairSums[] AddPairs(IReadOnlyList<WeightSource> sources, PairSums[] partial)
    {
        PairSums[] sums = new PairSums[Math.Max(1, sources.Count - 1)];
        for (int i = 0; i < partial.Length; i++)
        {
            sums[i % sums.Length] += partial[i];
        }

        return sums;
    }

    private static void MeasureBlock(
        IReadOnlyList<WeightSource> sources, bool doubles, int block, long start, int count, Scratch scratch, PairSums[] partial)
    {
        int pairs = Math.Max(1, sources.Count - 1);
        for (int pair = 0; pair < pairs; pair++)
        {
            WeightSource other = sources.Count == 1 ? sources[0] : sources[pair + 1];
            partial[(block * pairs) + pair] = doubles
                ? MeasureDoubles(sources[0], other, start, count, pair == 0, scratch)
                : Reductions.Pair(sources[0].Singles(start, scratch.FirstSingles(count)), other.Singles(start, scratch.SecondSingles(count)));
        }
    }

    /// <summary>Does for each index what does not depend on the others.</summary>
    public void InParallel(int count, Action<int> action)
    {
        if (count <= 1 || degreeOfParallelism == 1)
        {
            for (int i = 0; i < count; i++)
            {
                action(i);
            }

            return;
        }

        Parallel.For(0, count, _parallel, action);
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
    internal sealed class Scratch
    {
        private readonly JoinedWrites _joined = new();
        private float[]? _firstSingles;
        private float[]? _secondSingles;
        private double[]? _firstDoubles;
        private double[]? _secondDoubles;
        private double[]? _sum;
        private double[]? _values;
        private double[]? _before;
        private double[]? _alone;
        private byte[]? _piece;
        private byte[]? _bytes;
        private Reductions.PairBlock[] _pairs = [];

        public Span<float> FirstSingles(int count) => (_firstSingles ??= new float[BlockLength]).AsSpan(0, count);

        public Span<float> SecondSingles(int count) => (_secondSingles ??= new float[BlockLength]).AsSpan(0, count);

        public Span<double> FirstDoubles(int count) => (_firstDoubles ??= new double[BlockLength]).AsSpan(0, count);

        public Span<double> SecondDoubles(int count) => (_secondDoubles ??= new double[BlockLength]).AsSpan(0, count);

        /// <summary>A sum of at most <see cref="PieceLength"/> elements, and what it is made of and compared with.</summary>
        public Span<double> Sum(int count) => (_sum ??= new double[PieceLength]).AsSpan(0, count);

        public Span<double> Values(int count) => (_values ??= new double[PieceLength]).AsSpan(0, count);

        public Span<double> Before(int count) => (_before ??= new double[PieceLength]).AsSpan(0, count);

        public Span<double> Alone(int count) => (_alone ??= new double[PieceLength]).AsSpan(0, count);

        public Span<byte> Piece(int count) => (_piece ??= new byte[PieceLength * sizeof(double)]).AsSpan(0, count);

        /// <summary>Sums of pairs that are measured part by part.</summary>
        public Span<Reductions.PairBlock> Pairs(int count)
        {
            if (_pairs.Length < count)
            {
                _pairs = new Reductions.PairBlock[count];
            }

            return _pairs.AsSpan(0, count);
        }

        /// <summary>Joins what is written in short pieces.</summary>
        public JoinedWrites Joined(BlockWriter write)
        {
            _joined.Write = write;
            return _joined;
        }

        public Span<byte> Bytes(int count) => (_bytes ??= new byte[BlockLength * sizeof(double)]).AsSpan(0, count);
    }
}
