using CsCheck;
using OnnxEmbed.Merging.Methods;
using OnnxEmbed.Merging.Methods.TaskVectors;
using OnnxEmbed.Tensors;

namespace OnnxEmbed.Merging.Tests.Methods.TaskVectors;

public class CutSearchTests
{
    private static readonly int[] AllLengths = [1, 2, 3, 4, 5, 7, 8, 9, 15, 16, 17, 31, 33, 63, 65, 127, 129, 1023, 1025, 2048, 16_384, 16_385, 20_011];

    private static readonly Gen<int> Lengths = Gen.Int[0, AllLengths.Length - 1].Select(i => AllLengths[i]);

    [Fact]
    public void Find_AnyRank_HasTheLargestInside() => Gen.Select(Lengths, Gen.UInt, Gen.Int[0, 3], Gen.Double[0, 1]).Sample(
        (length, seed, kind, fraction) =>
        {
            double[] values = Values(length, seed, kind);
            int rank = (int)Math.Round(fraction * length);
            Assert.Equal(Sorted(values, rank), Inside(values, rank));
        },
        iter: 150);

    [Theory]
    [InlineData(0.001)]
    [InlineData(0.5)]
    [InlineData(0.9)]
    public void Find_MoreTiesThanAreGathered_TakesTheLowestPositions(double fraction)
    {
        // 1.3 million elements of three magnitudes: no bracket and no bin is small, the ties are counted by blocks.
        double[] values = [.. BareModels.Values(1_300_000, 4).Select(x => Math.Round(x * 1.4))];
        int rank = (int)(fraction * values.Length);
        Assert.Equal(Sorted(values, rank), Inside(values, rank));
    }

    [Fact]
    public void Find_SampleDoesNotTell_IsExactAllTheSame()
    {
        // Large values in one stretch, of which the sample sees too few or too many: zero elsewhere.
        double[] values = new double[300_000];
        for (int i = 0; i < 700; i++)
        {
            values[200_000 + i] = i + 1;
        }

        foreach (int rank in (int[])[1, 10, 699, 700, 701, 5000])
        {
            Assert.Equal(Sorted(values, rank), Inside(values, rank));
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(777)]
    [InlineData(19_999)]
    public void Selection_KeysThatDifferInTheLastBits_GoesThroughAllDigits(int rank)
    {
        // 2^15 neighbours of 1 in a room of 64 keys: four histograms, then the key itself.
        double[] values = [.. BareModels.Values(20_000, 9).Select(x => 1 + (Math.Floor((x + 1) * 16_384) * Math.BitIncrement(1.0)) - (Math.Floor((x + 1) * 16_384) * 1.0))];
        using RadixSelection selection = new(values.Length, rank, new long[64], new long[64]);
        while (!selection.IsDone)
        {
            selection.BeginPass();
            SelectionTally tally = selection.MakeTally();
            for (int start = 0; start < values.Length; start += 1000)
            {
                selection.Show(values.AsSpan(start, Math.Min(1000, values.Length - start)), start, tally);
            }

            selection.Collect(tally);
            selection.EndPass();
        }

        double[] descending = [.. values.OrderByDescending(Math.Abs)];
        Assert.Equal(MagnitudeKeys.Of(descending[rank - 1]), selection.Key);
        Assert.Equal(rank - values.Count(x => MagnitudeKeys.Of(x) > selection.Key), selection.TiesInside);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public void Find_AdversarialValues_IsExact(int kind)
    {
        float[] noise = BareModels.Values(70_001, 11);
        double[] values = [.. noise.Select((x, at) => kind switch
        {
            0 => 0.25, // all equal
            1 => x < 0 ? -2.0 : 0.5, // two magnitudes
            2 => x * 4096 * double.Epsilon, // subnormal
            3 => Math.Pow(10, 300 * x), // of all sizes
            _ => at % 1000 < 40 ? x * 1e9 : x, // large ones in short stretches, so that runs differ
        })];
        foreach (int rank in (int[])[1, 2, 700, 2_800, 14_000, 35_000, 69_999, 70_000])
        {
            Assert.Equal(Sorted(values, rank), Inside(values, rank));
        }
    }

    [Theory]
    [InlineData(100, 30_000)]
    [InlineData(20_000, 100)]
    [InlineData(39_990, 20_000)]
    [InlineData(12_000, 12_000)]
    public void Expect_WrongSampleAndLittleRoom_FindsTheKeyInMorePasses(int rank, int expected)
    {
        // The sample holds the keys about another rank only, and no more than 2^9 keys can be gathered.
        double[] values = [.. BareModels.Values(40_000, 6).Select(x => (double)x)];
        double[] descending = [.. values.OrderByDescending(Math.Abs)];
        using RadixSelection selection = new(values.Length, rank, new long[512], new long[512]);
        selection.Expect([.. descending.Skip(expected).Take(512).Select(MagnitudeKeys.Of)], 16);
        int passes = 0;
        for (; !selection.IsDone; passes++)
        {
            selection.BeginPass();
            SelectionTally tally = selection.MakeTally();
            for (int start = 0; start < values.Length; start += 1000)
            {
                selection.Show(values.AsSpan(start, 1000), start, tally);
            }

            selection.Collect(tally);
            selection.EndPass();
        }

        Assert.InRange(passes, 2, 4);
        Assert.Equal(MagnitudeKeys.Of(descending[rank - 1]), selection.Key);
        Assert.Equal(1, selection.TiesInside);
        Assert.NotNull(selection.TieEnd);
    }

    [Theory]
    [InlineData(3)]
    [InlineData(8_000)]
    [InlineData(39_000)]
    public void Expect_FaithfulSample_FindsTheKeyInOnePass(int rank)
    {
        double[] values = [.. BareModels.Values(40_000, 6).Select(x => (double)x)];
        using RadixSelection selection = new(values.Length, rank, new long[RadixSelection.FewestKeys], new long[RadixSelection.FewestKeys]);
        selection.Expect([.. values.Where((_, at) => at % 10 == 0).Select(MagnitudeKeys.Of)], 1);
        selection.BeginPass();
        SelectionTally tally = selection.MakeTally();
        for (int start = 0; start < values.Length; start += 1000)
        {
            selection.Show(values.AsSpan(start, 1000), start, tally);
        }

        selection.Collect(tally);
        selection.EndPass();
        Assert.True(selection.IsDone);
        Assert.Equal(Math.Abs(values.OrderByDescending(Math.Abs).ElementAt(rank - 1)), BitConverter.Int64BitsToDouble(selection.Key));
    }

    [Fact]
    public void Gather_DifferencesOfFloats_FindsWhatTheyHaveInDouble() => Gen.Select(Lengths, Gen.UInt, Gen.Int[0, 3], Gen.Int[0, 2000], Gen.Int[0, 2000]).Sample(
        (length, seed, kind, first, second) =>
        {
            // Also differences that overflow a float, infinite ones and NaN.
            float[] model = [.. Values(length, seed, kind).Select((x, at) => at % 13 == 5 ? float.MaxValue : (float)x)];
            float[] theBase = [.. BareModels.Values(length, unchecked(seed + 1)).Select((x, at) => at % 13 == 5 ? -x * float.MaxValue : at % 50 == 9 ? float.NegativeInfinity : x / 8)];
            double[] exact = [.. model.Zip(theBase, (x, y) => (double)x - y)];
            long[] ends = [MagnitudeKeys.Of(exact[first % length]), MagnitudeKeys.Of(exact[second % length])];
            Array.Sort(ends);
            ends[0] = first % 7 == 0 || double.IsNaN(BitConverter.Int64BitsToDouble(ends[0])) ? 0 : ends[0];
            ends[1] = second % 7 == 0 || double.IsNaN(BitConverter.Int64BitsToDouble(ends[1])) ? long.MaxValue : ends[1];
            (long[] keys, long[] positions) = (new long[length], new long[length]);
            (int inside, int above) = MagnitudeKeys.Gather(model, theBase, 100, ends[0], ends[1], keys, positions);
            (long[] wanted, long[] at) = (new long[length], new long[length]);
            Assert.Equal(MagnitudeKeys.Gather(exact, 100, ends[0], ends[1], wanted, at), (inside, above));
            Assert.Equal(wanted.Take(inside), keys.Take(inside));
            Assert.Equal(at.Take(inside), positions.Take(inside));
            Assert.Equal(exact.Count(x => MagnitudeKeys.Of(x) > ends[1]), above);
        },
        iter: 300);

    [Theory]
    [InlineData(1)]
    [InlineData(9_000)]
    [InlineData(60_000)]
    public void Find_FloatsWithNaNAndInfinity_IsExact(int rank)
    {
        float[] model = [.. BareModels.Values(70_001, 3).Select((x, at) => at % 10_000 == 7 ? float.NaN : at % 9_000 == 5 ? float.NegativeInfinity : x)];
        float[] theBase = BareModels.Values(70_001, 4);
        MergeTensor tensor = MergeTensors.Of([TensorData.From<float>(theBase, theBase.Length), TensorData.From<float>(model, model.Length)], hasBase: true);
        long[] keys = [.. model.Zip(theBase, (x, y) => MagnitudeKeys.Of((double)x - y))];
        Cut cut = CutSearch.Find(tensor, [rank], [0])[0];
        int[] inside = [.. Enumerable.Range(0, keys.Length).Where(at => keys[at] > cut.Key || (keys[at] == cut.Key && at < cut.TieEnd))];
        Assert.Equal(Enumerable.Range(0, keys.Length).OrderByDescending(at => keys[at]).ThenBy(at => at).Take(rank).Order(), inside);
    }

    [Fact]
    public void Trim_AnyCutsAndSplits_KeepsWhatLiesBetween() => Gen.Select(Gen.Int[0, 70], Gen.UInt, Gen.Int[0, 80], Gen.Int[0, 80]).Sample(
        (length, seed, lowerEnd, upperEnd) =>
        {
            double[] values = [.. BareModels.Values(length, seed).Select(x => Math.Round(x * 3))];
            Cut lower = new(MagnitudeKeys.Of(1), lowerEnd);
            Cut upper = new(MagnitudeKeys.Of(2), upperEnd);
            bool In(Cut cut, int at) => MagnitudeKeys.Of(values[at]) > cut.Key || (MagnitudeKeys.Of(values[at]) == cut.Key && at < cut.TieEnd);
            double[] expected = [.. values.Select((x, at) => In(lower, at) && !In(upper, at) ? x : 0)];
            double[] whole = [.. values];
            MagnitudeKeys.Trim(whole, 0, lower, upper);
            double[] parts = [.. values];
            MagnitudeKeys.Trim(parts.AsSpan(0, length / 3), 0, lower, upper);
            MagnitudeKeys.Trim(parts.AsSpan(length / 3), length / 3, lower, upper);
            Assert.Equal(expected, whole);
            Assert.Equal(expected, parts);
        });

    [Fact]
    public void Ranks_AnyRow_AreThoseOfAStableSort() => Gen.Select(Lengths, Gen.UInt, Gen.Int[0, 3]).Sample(
        (length, seed, kind) =>
        {
            double[] values = Values(length, seed, kind);
            int[] ranks = new int[length];
            RowRanks order = new();
            order.Fill([.. values.Reverse().Select(MagnitudeKeys.Of)], ranks);
            order.Fill([.. values.Select(MagnitudeKeys.Of)], ranks);
            int[] ascending = [.. Enumerable.Range(0, length).OrderBy(at => Math.Abs(values[at])).ThenByDescending(at => at)];
            Assert.Equal(Enumerable.Range(0, length), ascending.Select(at => ranks[at]));
        },
        iter: 60);

    /// <summary>Values of four kinds: all different, few magnitudes, mostly zero, of all sizes with infinities and subnormals.</summary>
    private static double[] Values(int length, uint seed, int kind) => [.. BareModels.Values(length, seed).Select((x, at) => kind switch
    {
        0 => (double)x,
        1 => Math.Round(x * 4) / 4,
        2 => at % 7 == 3 ? x : -0.0,
        _ => at % 50 == 9 ? double.NegativeInfinity : at % 11 == 2 ? x * double.Epsilon * 9 : Math.Exp(x * 300) * Math.Sign(x),
    })];

    private static int[] Sorted(double[] values, int rank) =>
        [.. Enumerable.Range(0, values.Length).OrderByDescending(at => Math.Abs(values[at])).ThenBy(at => at).Take(rank).Order()];

    private static int[] Inside(double[] values, int rank)
    {
        // The task vector is the model's, since the base is 0.
        TensorData model = TensorData.From<double>(values, values.Length);
        MergeTensor tensor = MergeTensors.Of([TensorData.From<double>(new double[values.Length], values.Length), model], hasBase: true);
        Cut cut = CutSearch.Find(tensor, [rank], [0])[0];
        return [.. Enumerable.Range(0, values.Length).Where(at => MagnitudeKeys.Of(values[at]) > cut.Key || (MagnitudeKeys.Of(values[at]) == cut.Key && at < cut.TieEnd))];
    }
}
