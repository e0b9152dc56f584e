using System.Runtime.CompilerServices;
using OnnxEmbed.Tensors;

namespace OnnxEmbed.Merging.Engine;

/// <content>
/// Measuring one tensor while another is written. Only one thread at a time can write to a file, so that the others have time for the next
/// tensor: slerp of two files of 440 MB on two threads took 148 ms without and 134 with it (2026-11-23).
/// </content>
internal sealed partial class BlockEngine
{
    private Measurement? _ahead;

    /// <summary>Lets the next sum that is blended measure these sources besides; <see cref="Measure"/> of the same list gives the result.</summary>
    public void MeasureAhead(IReadOnlyList<WeightSource> sources)
    {
        if (degreeOfParallelism > 1 && _ahead is null)
        {
            _ahead = new Measurement(sources);
        }
    }

    /// <summary>Whether a tensor is long enough for several threads.</summary>
    public static bool IsShared(TensorData tensor) => tensor.ElementCount > BlockLength;

    /// <summary>Starts to measure a tensor: with the next pass over it, or by <see cref="Finish"/>.</summary>
    public Measurement Begin(IReadOnlyList<WeightSource> sources)
    {
        if (_ahead is not { } ahead || !ReferenceEquals(ahead.Sources, sources))
        {
            return new Measurement(sources);
        }

        _ahead = null;
        return ahead;
    }

    /// <summary>Measures what no pass has measured, and gives the sums.</summary>
    public IReadOnlyList<PairSums> Finish(Measurement measurement)
    {
        if (!measurement.IsDone)
        {
            ForEachBlock(measurement.Sources[0].Stored.ElementCount, (_, _, _, scratch) => measurement.MeasureNext(scratch));
            measurement.IsDone = true;
        }

        return measurement.Sums;
    }

    /// <summary>
    /// Sums over the first source and each later one, block by block; the first with itself where it is alone. Each block is measured once, by
    /// whichever thread comes to it, or in order by one whole pass.
    /// </summary>
    internal sealed class Measurement(IReadOnlyList<WeightSource> sources)
    {
        private readonly bool _doubles = sources.Any(source => source.NeedsDouble);
        private PairSums[] _partial = PartialPairs(sources);
        private PairSums[] _sums = [];
        private int _next = -1;

        public IReadOnlyList<WeightSource> Sources => sources;

        public int Blocks { get; } = BlockCount(sources[0].Stored.ElementCount);

        /// <summary>Whether every block has been measured.</summary>
        public bool IsDone
        {
            get;
            set
            {
                field = value;
                _sums = AddPairs(sources, _partial);
                _partial = [];
            }
        }

        /// <summary>The sums, once every block has been measured.</summary>
        public PairSums[] Sums => _sums;

        /// <summary>Measures a block.</summary>
        public void Measure(int block, long start, int count, Scratch scratch) => MeasureBlock(sources, _doubles, block, start, count, scratch, _partial);

        /// <summary>
        /// Measures a part of a block that is read anyhow. The parts of a block come one after the other, from one thread; each but the last of the
        /// tensor has a multiple of 8 elements.
        /// </summary>
        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        public void MeasurePart(long start, int count, Scratch scratch)
        {
            int pairs = Math.Max(1, sources.Count - 1);
            Span<Reductions.PairBlock> sums = scratch.Pairs(pairs);
            if (start % BlockLength == 0)
            {
                sums.Clear();
            }

            for (int pair = 0; pair < pairs; pair++)
            {
                WeightSource other = sources.Count == 1 ? sources[0] : sources[pair + 1];
                if (_doubles)
                {
                    Span<double> u = scratch.FirstDoubles(count);
                    Span<double> v = scratch.SecondDoubles(count);
                    sources[0].Doubles(start, u);
                    other.Doubles(start, v);
                    sums[pair].Add(u, v);
                }
                else
                {
                    sums[pair].Add(sources[0].Singles(start, scratch.FirstSingles(count)), other.Singles(start, scratch.SecondSingles(count)));
                }

                _partial[((start / BlockLength) * pairs) + pair] = sums[pair].Total;
            }
        }

        /// <summary>Measures the next block; false where none is left.</summary>
        public bool MeasureNext(Scratch scratch)
        {
            int block = Interlocked.Increment(ref _next);
            if (block >= Blocks)
            {
                return false;
            }

            long start = (long)block * BlockLength;
            Measure(block, start, (int)Math.Min(BlockLength, sources[0].Stored.ElementCount - start), scratch);
            return true;
        }
    }
}
