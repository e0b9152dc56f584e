using System.Runtime.InteropServices;
using OnnxEmbed.Tensors;

namespace OnnxEmbed.Merging.Engine;

/// <content>Sums of tensors.</content>
internal sealed partial class BlockEngine
{
    /// <summary>
    /// Elements summed at a time: with the sum in double and what it is compared with they stay in the first-level cache, whatever the number of
    /// models.
    /// </summary>
    private const int PieceLength = 1 << 11;

    /// <summary>Σ factor · source in <paramref name="type"/>, rounded once, as an update of the first source as it is stored.</summary>
    /// <param name="sources">The tensors.</param>
    /// <param name="factors">Factor of each; those with 0 are not read.</param>
    /// <param name="type">Element type of the result.</param>
    /// <param name="write">Takes bytes at an offset within the result; called from several threads.</param>
    public RoundedSums Blend(IReadOnlyList<WeightSource> sources, IReadOnlyList<double> factors, ElementType type, BlockWriter write) =>
        Blend(sources, factors, type, write, Alongside(BlockCount(sources[0].Stored.ElementCount)));

    /// <summary>
    /// The same, and the sums of <see cref="Measure"/>, in one pass over the files: each block is measured and then blended out of the cache.
    /// </summary>
    public (RoundedSums Rounded, IReadOnlyList<PairSums> Pairs) MeasureAndBlend(
        IReadOnlyList<WeightSource> sources, IReadOnlyList<double> factors, ElementType type, BlockWriter write)
    {
        Measurement measurement = new(sources);
        RoundedSums rounded = Blend(sources, factors, type, write, measurement.Measure);
        measurement.IsDone = true;
        return (rounded, measurement.Sums);
    }

    /// <summary>What a blend of so many blocks does before each: its share of the tensor that is measured ahead.</summary>
    private BlockAction Alongside(int blocks)
    {
        int share = _ahead is { } ahead && blocks > 1 ? (ahead.Blocks + blocks - 1) / blocks : 0;
        return (_, _, _, scratch) =>
        {
            for (int i = 0; i < share && _ahead!.MeasureNext(scratch); i++)
            {
            }
        };
    }

    private RoundedSums Blend(
        IReadOnlyList<WeightSource> sources, IReadOnlyList<double> factors, ElementType type, BlockWriter write, BlockAction before)
    {
        int[] used = [.. Enumerable.Range(0, sources.Count).Where(i => factors[i] != 0)];
        bool doubles = used.Any(i => sources[i].NeedsDouble);
        bool narrow = IsNarrow(sources[0], type);
        bool two = narrow && !doubles && used is [0, _];
        long length = sources[0].Stored.ElementCount;
        int size = type.SizeInBytes();
        RoundedSums[] sums = new RoundedSums[BlockCount(length)];
        ForEachBlock(length, (block, start, count, scratch) =>
        {
            before(block, start, count, scratch);
            Span<byte> bytes = scratch.Bytes(count * size);
            RoundedBlock rounded = default;
            if (two)
            {
                ReadOnlySpan<float> first = sources[0].Singles(start, scratch.FirstSingles(count));
                ReadOnlySpan<float> second = sources[used[1]].Singles(start, scratch.SecondSingles(count));
                rounded.Combine(factors[0], first, factors[used[1]], second, MemoryMarshal.Cast<byte, float>(bytes));
            }
            else
            {
                for (int done = 0; done < count; done += PieceLength)
                {
                    int piece = Math.Min(PieceLength, count - done);
                    Span<double> sum = scratch.Sum(piece);
                    Sum(sources, used, factors, doubles, start + done, sum, scratch);
                    Span<byte> target = bytes.Slice(done * size, piece * size);
                    if (narrow)
                    {
                        rounded.Round(sum, sources[0].Singles(start + done, scratch.FirstSingles(piece)), MemoryMarshal.Cast<byte, float>(target));
                    }
                    else
                    {
                        Round(sources[0], start + done, sum, type, target, scratch, ref rounded);
                    }
                }
            }

            sums[block] = rounded.Total;
            write(start * size, bytes);
        });
        return sums.Aggregate(default(RoundedSums), RoundedSums.Add);
    }

    /// <summary>Whether the result is float and what it is an update of is exact as floats.</summary>
    private static bool IsNarrow(WeightSource first, ElementType type) => type == ElementType.Float32 && first.Stored.ElementType != ElementType.Float64;

    private static void Sum(
        IReadOnlyList<WeightSource> sources, int[] used, IReadOnlyList<double> factors, bool doubles, long start, Span<double> sum, Scratch scratch)
    {
        if (used.Length == 0)
        {
            sum.Clear();
        }

        for (int i = 0; i < used.Length; i++)
        {
            WeightSource source = sources[used[i]];
            double factor = factors[used[i]];
            if (doubles)
            {
                Span<double> values = scratch.Values(sum.Length);
                source.Doubles(start, values);
                if (i == 0)
                {
                    Blends.Scale(factor, values, sum); // not added to 0, which would lose the sign of -0
                }
                else
                {
                    Blends.Accumulate(factor, values, sum);
                }
            }
            else if (i == 0)
            {
                Blends.Scale(factor, source.Singles(start, scratch.FirstSingles(sum.Length)), sum);
            }
            else
            {
                Blends.Accumulate(factor, source.Singles(start, scratch.FirstSingles(sum.Length)), sum);
            }
        }
    }

    /// <summary>Writes doubles in a type, at most <see cref="PieceLength"/> of them, and counts what that does to the update of a tensor.</summary>
    private static void Round(
        WeightSource first, long start, ReadOnlySpan<double> exact, ElementType type, Span<byte> target, Scratch scratch, ref RoundedBlock rounded)
    {
        FloatConversion.FromDoubles(exact, type, target);
        Span<double> written = scratch.Values(exact.Length);
        FloatConversion.ToDoubles(type, target, written);
        Span<double> before = scratch.Before(exact.Length);
        first.StoredDoubles(start, before);
        if (first.Stored.ElementType == type)
        {
            rounded.Count(exact, before, before, written);
            return;
        }

        Span<byte> bytes = scratch.Piece(target.Length);
        FloatConversion.FromDoubles(before, type, bytes);
        Span<double> alone = scratch.Alone(exact.Length);
        FloatConversion.ToDoubles(type, bytes, alone);
        rounded.Count(exact, before, alone, written);
    }
}
