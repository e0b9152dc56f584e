using OnnxEmbed.Merging.Methods;
using OnnxEmbed.Tensors;

namespace OnnxEmbed.Merging.Tests.Methods;

/// <summary>Trees against the same joins made one by one with whole vectors in double.</summary>
public class ArcTreeTests
{
    private const int Length = 5000;

    [Theory]
    [InlineData(3, 1.0)]
    [InlineData(5, 1.0)]
    [InlineData(4, 0.01)]
    [InlineData(7, 1e-5)]
    public void Slerp_SequentialTree_IsJoinedOneByOne(int count, double spread)
    {
        double[][] models = Models(count, spread);
        double[] expected = models[0];
        foreach (double[] next in models[1..])
        {
            expected = GoldenVectorTests.ReferenceSlerp(expected, next, 0.3);
        }

        AssertTree(expected, models, "sequential", "0.3");
    }

    [Theory]
    [InlineData(3, 1.0)]
    [InlineData(4, 0.01)]
    [InlineData(5, 0.5)]
    public void Slerp_BalancedTree_JoinsHalvesByTheirNumbers(int count, double spread)
    {
        double[][] models = Models(count, spread);
        AssertTree(Halves(models), models, "balanced", "0.5");

        static double[] Halves(double[][] part)
        {
            if (part.Length == 1)
            {
                return part[0];
            }

            int first = (part.Length + 1) / 2;
            return GoldenVectorTests.ReferenceSlerp(Halves(part[..first]), Halves(part[first..]), (part.Length - first) / (double)part.Length);
        }
    }

    [Fact]
    public void Slerp_BalancedTreeOfFourOrthogonal_GivesAllTheSameFactor()
    {
        TensorData[] units = [.. Enumerable.Range(0, 4).Select(i => TensorData.From<float>([.. Enumerable.Range(0, 4).Select(j => i == j ? 1f : 0f)], 4))];
        (_, TensorBlend blend) = MergeTensors.Run(Options(4, "balanced", "0.5"), units);
        Assert.All(blend.Factors, factor => Assert.Equal(0.5, factor, 1e-12));
        Assert.Equal("slerp: balanced tree", blend.Action);
    }

    [Fact]
    public void Slerp_TreeWithAZeroVector_NamesTheStraightJoin()
    {
        (TensorData result, TensorBlend blend) = MergeTensors.Run(
            Options(3, "sequential", "0.5"), [TensorData.From<float>([0, 0], 2), TensorData.From<float>([3, 4], 2), TensorData.From<float>([3, 4], 2)]);
        Assert.Equal("slerp: sequential tree, 2 of 2 joins straight (zero vector, colinear)", blend.Action);
        Assert.Equal([2.25f, 3f], result.ToSingles());
    }

    [Theory]
    [InlineData("balanced")]
    [InlineData("sequential")]
    public void Slerp_TreeAtItsEnds_TakesTheFirstAndTheLast(string tree)
    {
        TensorData[] models = [.. Models(3, 1).Select(model => TensorData.FromDoubles(model, ElementType.Float32, Length))];
        Assert.True(MergeTensors.Run(Options(3, tree, "0"), models).Result.ContentEquals(models[0]));
        Assert.True(MergeTensors.Run(Options(3, tree, "1"), models).Result.ContentEquals(models[2]));
    }

    private static void AssertTree(double[] expected, double[][] models, string tree, string t)
    {
        (TensorData result, TensorBlend blend) = MergeTensors.Run(
            Options(models.Length, tree, t), [.. models.Select(model => TensorData.FromDoubles(model, ElementType.Float64, Length))]);
        Assert.StartsWith($"slerp: {tree} tree", blend.Action, StringComparison.Ordinal);
        Assert.All(expected.Zip(result.ToDoubles()), pair => Assert.Equal(pair.First, pair.Second, 1e-9));
    }

    private static double[][] Models(int count, double spread)
    {
        float[] center = BareModels.Values(Length, 99);
        return [.. Enumerable.Range(1, count).Select(seed => BareModels.Values(Length, (uint)seed).Zip(center, (own, common) => common + (spread * own)).ToArray())];
    }

    private static MergeOptions Options(int count, string tree, string t) => new()
    {
        Method = MergeMethods.Slerp,
        Inputs = [.. Enumerable.Range(0, count).Select(i => new MergeInput($"m{i}"))],
        Output = "none",
        Parameters = new Dictionary<string, string> { ["t"] = t, ["tree"] = tree },
        DegreeOfParallelism = 2,
    };
}
