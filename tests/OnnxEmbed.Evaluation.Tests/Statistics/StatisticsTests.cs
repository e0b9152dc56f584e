using OnnxEmbed.Evaluation.Clustering;
using OnnxEmbed.Evaluation.Statistics;
using OnnxEmbed.Tensors;

namespace OnnxEmbed.Evaluation.Tests.Statistics;

public sealed class StatisticsTests
{
    [Fact]
    public void RandomStream_SameSeed_SameNumbersAndEvenSpread()
    {
        RandomStream a = new(42), b = new(42), other = new(42, 1);
        Assert.Equal(a.NextBits(), b.NextBits());
        Assert.NotEqual(a.NextBits(), other.NextBits());
        int[] counts = new int[7];
        for (int i = 0; i < 70_000; i++)
            counts[a.NextInt(7)]++;
        Assert.All(counts, count => Assert.InRange(count, 9_600, 10_400));
    }

    [Fact]
    public void Compare_ClearDifference_HasIntervalAboveZeroAndSmallP()
    {
        RandomStream random = new(1);
        double[] b = [.. Enumerable.Range(0, 200).Select(_ => random.NextNormal())];
        double[] a = [.. b.Select(value => value + 0.5 + (0.1 * random.NextNormal()))];
        PairedDifference result = PairedComparison.Compare(a, b, [], 1000, 2);
        Close.Equal(0.5, result.MeanDifference, 0.05);
        Assert.InRange(result.Interval.Low, 0.45, result.MeanDifference);
        Assert.InRange(result.Interval.High, result.MeanDifference, 0.55);
        Assert.Equal(1 / 1001.0, result.PValue);
        Assert.Equal(200, result.Units);
    }

    [Fact]
    public void Compare_FewUnits_CountsEveryAssignment()
    {
        // Differences 1, 2, 3: only + + + and - - - reach |sum| = 6.
        PairedDifference result = PairedComparison.Compare([1, 2, 3], [0, 0, 0], [], 100, 1);
        Assert.True(result.IsExact);
        Assert.Equal(2 / 8.0, result.PValue);
        PairedDifference equal = PairedComparison.Compare([1, 2], [1, 2], [], 100, 1);
        Assert.Equal(1, equal.PValue);
    }

    [Fact]
    public void Compare_Units_AreDrawnWhole()
    {
        // Within a unit the differences cancel: drawn whole, every resample has mean 0.
        double[] a = [1, -1, 2, -2, 3, -3], b = new double[6];
        PairedDifference result = PairedComparison.Compare(a, b, [0, 0, 1, 1, 2, 2], 200, 1);
        Assert.Equal(new Interval(0, 0, 0.95), result.Interval);
        Assert.Equal(1, result.PValue);
        Assert.True(PairedComparison.Compare(a, b, [], 200, 1).Interval.High > 0.5);
    }

    [Fact]
    public void BootstrapInterval_Mean_CoversAtItsLevel()
    {
        int covered = 0;
        for (ulong trial = 0; trial < 300; trial++)
        {
            RandomStream random = new(7, trial);
            double[] right = [.. Enumerable.Range(0, 80).Select(_ => random.NextDouble() < 0.7 ? 1.0 : 0.0)];
            Interval interval = BootstrapInterval.OfMean(right, [], 400, trial);
            covered += interval.Low <= 0.7 && 0.7 <= interval.High ? 1 : 0;
        }

        // 95 % of 300 with 4 standard deviations (15) and the bootstrap's known shortfall at n = 80.
        Assert.InRange(covered, 265, 299);
    }

    [Fact]
    public void SubsampleInterval_Silhouette_CoversAtItsLevel()
    {
        // The truth: the mean over many fresh samples of the same size.
        static (EmbeddingMatrix, int[]) Draw(ulong seed)
        {
            RandomStream random = new(seed, 5);
            int[] labels = [.. Enumerable.Range(0, 80).Select(i => i % 2)];
            float[] values = [.. Enumerable.Range(0, 160).Select(i => (float)(random.NextNormal() + (2 * (i / 2 % 2))))];
            return (new EmbeddingMatrix(values, 80, 2), labels);
        }

        static double Score(EmbeddingMatrix x, int[] labels) => Silhouette.Score(x, labels, SilhouetteDistance.SquaredEuclidean, 1);
        double truth = Enumerable.Range(1000, 400).Average(seed =>
        {
            (EmbeddingMatrix x, int[] y) = Draw((ulong)seed);
            return Score(x, y);
        });
        int covered = 0;
        for (ulong trial = 0; trial < 150; trial++)
        {
            (EmbeddingMatrix x, int[] y) = Draw(trial);
            Interval interval = SubsampleInterval.Estimate(Score(x, y), 80, [],
                rows => Score(x.Select(rows), [.. rows.Select(row => y[row])]), 40, 100, trial);
            covered += interval.Low <= truth && truth <= interval.High ? 1 : 0;
        }

        // 95 % of 150 with 4 standard deviations (11) and a share for the smallness of the samples.
        Assert.InRange(covered, 126, 150);
    }

    [Fact]
    public void SilhouettePermutation_MeaningfulLabels_StandOut()
    {
        (EmbeddingMatrix embeddings, int[] labels) = RandomEmbeddings.Blobs(300, 6, 3, 0.8, 3);
        PermutationResult result = SilhouettePermutation.Test(embeddings, labels, SilhouetteDistance.Euclidean, 99, 1000, 1, 2);
        Close.Equal(Silhouette.Score(embeddings, labels, SilhouetteDistance.Euclidean, 1), result.Observed, 1e-9);
        Assert.Equal(0.01, result.PValue);
        Assert.True(result.ZScore > 10);
        Assert.Equal(99, SilhouettePermutation.Test(embeddings, labels, SilhouetteDistance.Cosine, 99, 99, 1, 2).Rows);
    }

    [Fact]
    public void SilhouettePermutation_MeaninglessLabels_GiveUniformP()
    {
        double[] values = new double[120];
        for (ulong trial = 0; trial < 120; trial++)
        {
            (EmbeddingMatrix embeddings, int[] labels) = RandomEmbeddings.Blobs(40, 3, 1, 1, trial);
            for (int i = 0; i < labels.Length; i++)
                labels[i] = i % 2;
            values[trial] = SilhouettePermutation.Test(embeddings, labels, SilhouetteDistance.Cosine, 39, 100, trial, 1).PValue;
        }

        // Kolmogorov-Smirnov at 0.1 %, with the 1/40 steps of p itself.
        double[] sorted = [.. values.Order()];
        double apart = sorted.Select((p, i) => Math.Abs(p - ((i + 1) / 120.0))).Max();
        Assert.True(apart < (1.95 / Math.Sqrt(120)) + (1 / 40.0), $"apart by {apart}");
    }

    [Fact]
    public void SubsampleInterval_WrongSizes_SayWhatIsNeeded() => Assert.Equal(
        "subsampling: needs 20 subsamples or more of 2 to n / 2 = 5 items, got 100 of 6",
        Assert.Throws<OptionException>(() => SubsampleInterval.Estimate(0, 10, [], _ => 0, 6, 100, 1)).Message);
}
