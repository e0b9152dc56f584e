using OnnxEmbed.Merging.Methods;
using OnnxEmbed.Tensors;
using static OnnxEmbed.Merging.Tests.Methods.TaskVectors.TaskVectorRuns;

namespace OnnxEmbed.Merging.Tests.Methods.TaskVectors;

/// <summary>
/// Hand-worked 2x3 tensors, exact in every type; the expected values come from a float64 evaluation of the formulas outside this code base.
/// </summary>
public class GoldenTaskVectorTests
{
    public static readonly TheoryData<string, string, double[], bool, double[]> Rows = new()
    {
        { "ties", "density=0.5", [.6, .4], false, [1.5, -2.5, 3, .125, .4375, -1] },
        { "ties", "density=0.5 normalize=false", [.6, .4], false, [1.3, -2.2, 3, .275, .2625, -1] },
        { "breadcrumbs", "density=0.5 gamma=0.17", [.6, .4], false, [1, -1.85, 3.125, .45, .1125, -1] },
        { "breadcrumbs", "density=0.5 gamma=0.01", [.6, .4], true, [1, -2, 3, .5, 0, -1] },
        { "sce", "", [1, 1, 1], false, [1.3333908840, -2.3110313316, 3.4699738903, .9375, .3375345304, -1.5] },
        { "ram", "", [1, 1, 1], false, [1.1458333333, -2.125, 3.2708333333, .53125, .1041666667, -1.5] },
        { "ramplus_tl", "r=0.1 alpha=0.2", [1, 1, 1], false, [1.1458333333, -2.125, 3.2708333333, .53125, .1041666667, -1.51] },
    };

    [Theory]
    [MemberData(nameof(Rows))]
    public void Merge_GoldenVectors_InEveryType(string method, string parameters, double[] weights, bool likeMergekit, double[] expected)
    {
        MergeOptions options = Options(method, parameters, weights: weights) with
        {
            Compatibility = likeMergekit ? MergeCompatibility.Mergekit : MergeCompatibility.None,
        };
        double[][] sources = [.. new[] { W0, A, B, C }.Take(weights.Length + 1)];
        double[] exact = Run(options, sources, columns: 3);
        Assert.All(expected.Zip(exact), pair => Assert.Equal(pair.First, pair.Second, 1e-9));
        foreach (ElementType type in (ElementType[])[ElementType.Float32, ElementType.Float16, ElementType.BFloat16])
        {
            // The inputs are exact in every type: a narrow result is the double result, rounded once.
            Assert.Equal(TensorData.FromDoubles(exact, type, 6).ToSingles(), Run(options, sources, type, columns: 3).Result.ToSingles());
        }
    }

    [Fact]
    public void Rescale_MaskKeepsFourOfSix_IsOneOverDensityOrTheRatioOfMagnitudes()
    {
        // The elements of A - W0 that a mask of 101101 keeps sum to 1 of 1.6875. A seed with that mask is looked for.
        int seed = Enumerable.Range(0, 10_000).First(seed => Enumerable.Range(0, 6).All(
            at => new Merging.Methods.TaskVectors.RandomMask((ulong)seed, "w", 0).Keeps(at, .5) == "101101"[at] is '1'));
        MergeOptions options = Options("dare_linear", $"density=0.5 seed={seed}", weights: 1);
        (TensorData paper, TensorBlend paperBlend) = Run(options, [W0, A], ElementType.Float64);
        (TensorData mergekit, TensorBlend mergekitBlend) = Run(options with { Compatibility = MergeCompatibility.Mergekit }, [W0, A], ElementType.Float64);
        Assert.Equal((2, 1.6875), (paperBlend.Figures["rescale 1"], mergekitBlend.Figures["rescale 1"]));
        Assert.Equal([2, -2, 2.75, -.25, 0, -1], paper.ToDoubles());
        Assert.Equal([1.84375, -2, 2.7890625, -.1328125, 0, -1], mergekit.ToDoubles());
    }

    [Fact]
    public void Ties_UnequalWeights_ElectsByWeightedSumOrByCount()
    {
        // Two models up by little, one down by more.
        double[][] sources = [[0, 0], [1, 1], [1, 1], [-3, -1.5]];
        Assert.Equal([-3, 1], Run(Options("ties", "density=1", weights: [1, 1, 1]), sources));
        Assert.Equal([1, 1], Run(Options("ties", "density=1 consensus=count", weights: [1, 1, 1]), sources));
        Assert.Equal([1, 1], Run(Options("ties", "density=1", weights: [2, 2, 1]), sources));
        Assert.Equal([4, 4], Run(Options("ties", "density=1 normalize=false", weights: [2, 2, 1]), sources));
        Assert.Equal([.5, .5], Run(Options("ties", "density=1 lambda=0.5", weights: [2, 2, 1]), sources));
    }

    [Fact]
    public void Ties_DensityLeftOut_IsThePapersOrMergekits()
    {
        double[][] sources = [[0, 0, 0, 0, 0], [1, 2, 3, 4, 5]];
        MergeOptions options = Options("ties", weights: 1);
        Assert.Equal([0, 0, 0, 0, 5], Run(options, sources));
        Assert.Equal([1, 2, 3, 4, 5], Run(options with { Compatibility = MergeCompatibility.Mergekit }, sources));
    }
}
