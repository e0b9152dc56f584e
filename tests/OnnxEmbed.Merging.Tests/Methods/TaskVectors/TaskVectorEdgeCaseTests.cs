using OnnxEmbed.Merging.Methods;
using OnnxEmbed.Merging.Reports;
using OnnxEmbed.Tensors;
using OnnxEmbed.TestKit.Files;
using static OnnxEmbed.Merging.Tests.Methods.TaskVectors.TaskVectorRuns;

namespace OnnxEmbed.Merging.Tests.Methods.TaskVectors;

public class TaskVectorEdgeCaseTests
{
    public static TheoryData<string> Methods => [.. All];

    [Theory]
    [InlineData("ties", "density=0.2")]
    [InlineData("breadcrumbs", "density=0.2")]
    [InlineData("breadcrumbs_ties", "density=0.2")]
    [InlineData("sce", "select_topk=0.2")]
    public void Merge_OneElement_IsKeptAtAnyDensity(string method, string parameters) =>
        Assert.Equal([3], Run(Options(method, parameters, weights: method == "sce" ? [1, 1] : [1]), method == "sce" ? [[1], [3], [1]] : [[1], [3]]));

    [Fact]
    public void Della_OneElement_IsKeptWithTheDensity()
    {
        double[] results = [.. Enumerable.Range(0, 1000).Select(seed => Run(Options("della_linear", $"density=0.5 epsilon=0.4 seed={seed}", threads: 1, 1), [[1], [2]])[0])];
        Assert.Equal([1, 3], results.Distinct().Order());
        Assert.InRange(results.Count(x => x == 3), 420, 580);
    }

    [Fact]
    public void Breadcrumbs_GammaOfLessThanOneElement_DropsNoneAtTheTop()
    {
        double[][] sources = [[0, 0, 0, 0], [4, 3, 2, 1]];
        MergeOptions options = Options("breadcrumbs", "density=0.5 gamma=0.01", weights: 1);
        Assert.Equal([4, 3, 0, 0], Run(options, sources));
        Assert.Equal(sources[0], Run(options with { Compatibility = MergeCompatibility.Mergekit }, sources));
        Assert.Equal([0, 3, 2, 0], Run(Options("breadcrumbs", "density=0.5 gamma=0.25", weights: 1), sources));
        Assert.Equal([0, 3, 2, 1], Run(Options("breadcrumbs", "density=0.75 gamma=0.9", weights: 1), sources));
    }

    [Theory]
    [MemberData(nameof(Methods))]
    public void Merge_NumberWithoutAxes_IsAveraged(string method)
    {
        bool sparse = Sparse.Contains(method);
        TensorData[] sources = [.. ((double[])[1, 2, -3]).Select(x => TensorData.FromDoubles([x], ElementType.Float32))];
        TensorData result = MergeTensors.Run(Options(method, sparse ? "density=0.2 normalize=true" : "", weights: sparse ? [3, 1] : [1, 1]), sources).Result;
        Assert.Equal(sparse ? 1 + ((3.0 - 4) / 4) : 1 + ((1.0 - 4) / 2), result.ToDoubles()[0]);
    }

    [Theory]
    [MemberData(nameof(Methods))]
    public void Merge_EmptyTensor_IsCopied(string method)
    {
        TensorData empty = TensorData.FromDoubles([], ElementType.Float32, 0, 3);
        Assert.NotNull(MergeTensors.Run(Options(method, weights: [1, 1]), [empty, empty, empty]).Blend.CopyOf);
    }

    [Theory]
    [InlineData("ties")]
    [InlineData("dare_linear")]
    [InlineData("breadcrumbs_ties")]
    public void Merge_WeightsSumToZeroUnderNormalize_IsRefused(string method)
    {
        MergeOptions options = Options(method, "normalize=true", weights: [1, -1]);
        Assert.Contains("weights: need a sum other than 0 to be normalised, got 1, -1", Assert.Throws<OptionException>(() => ArgumentCheck.Resolve(options)).Message, StringComparison.Ordinal);
        double[] expected = method == "dare_linear" ? [1 + 2 - 1] : [1 + 2];
        Assert.Equal(expected, Run(Options(method, "density=1 normalize=false", weights: [1, -1]), [[1], [3], [2]]));
    }

    [Fact]
    public void Ties_NegativeWeight_TakesTheChangeAway()
    {
        MergeOptions options = Options("ties", "density=1 normalize=false", weights: [1, -.5]);
        Assert.Equal([1 + 2 + 2, 1 + 3], Run(options, [[1, 1], [3, 4], [-3, 2]]));
        Assert.NotEmpty(options.Method.Rule.Warn(ArgumentCheck.Resolve(options with { Parameters = new Dictionary<string, string> { ["normalize"] = "true" } })));
        Assert.Empty(options.Method.Rule.Warn(ArgumentCheck.Resolve(Options("ties", weights: [1, 1]))));
    }

    [Fact]
    public void Warn_DensityOne_SaysThatNothingIsDropped()
    {
        MergeOptions options = Options("breadcrumbs", weights: [1, 1]);
        Assert.Equal(["density 1 drops nothing, gamma has no effect then"], options.Method.Rule.Warn(ArgumentCheck.Resolve(options)));
    }

    [Fact]
    public void Ties_VotesSumToZero_ElectsPlus() =>
        Assert.Equal([.5, .75], Run(Options("ties", "density=1", weights: [1, 1]), [[0, 0], [.5, -.75], [-.5, .75]]));

    [Fact]
    public void Ties_EqualMagnitudes_KeepsTheLowerIndex() =>
        Assert.Equal([1, -1, 0, 0, 0], Run(Options("ties", "density=0.4", weights: 1), [[0, 0, 0, 0, 0], [1, -1, 1, 1, -1]]));

    [Fact]
    public void Ties_ModelWithDensityZero_TakesNoPart()
    {
        MergeOptions options = Options("ties", "density=1", weights: [1, 1]);
        options = options with { Inputs = [options.Inputs[0], options.Inputs[1] with { Parameters = new Dictionary<string, string> { ["density"] = "0" } }] };
        Assert.Equal([2, 3], Run(options, [[1, 1], [2, 3], [-9, -9]]));
    }

    [Theory]
    [MemberData(nameof(Methods))]
    public void Merge_ZerosAndSubnormals_KeepTheirBits(string method)
    {
        // The base's -0.0 and its smallest number stay as they are where nothing changes; a change of the smallest size is a change.
        float[] start = [-0.0f, float.Epsilon, 0, -float.Epsilon, 1, -0.0f, 2, -0.0f, 3];
        float[] model = [-0.0f, float.Epsilon, 0, -float.Epsilon, 1, -0.0f, 2, -0.0f, 3];
        model[4] = 1.5f;
        string parameters = Sparse.Contains(method) ? "density=0.9" + (method.StartsWith("della", StringComparison.Ordinal) ? " epsilon=0.1" : "") : "";
        float[] result = MergeTensors.Run(Options(method, parameters, weights: [1]), [TensorData.From<float>(start, 9), TensorData.From<float>(model, 9)]).Result.ToSingles();
        int[] unchanged = [0, 1, 2, 3, 5, 6, 7, 8];
        Assert.Equal(unchanged.Select(at => BitConverter.SingleToInt32Bits(start[at])), unchanged.Select(at => BitConverter.SingleToInt32Bits(result[at])));
        float[] smallest = MergeTensors.Run(Options("ties", "density=0.5", weights: [1]), [TensorData.From<float>([0f, 0], 2), TensorData.From<float>([0, float.Epsilon], 2)]).Result.ToSingles();
        Assert.Equal([0, float.Epsilon], smallest);
    }

    [Fact]
    public void Merge_MixedTypes_AreWidenedAndRoundedOnce()
    {
        TensorData start = TensorData.FromDoubles([1, 2, 3], ElementType.BFloat16, 3);
        TensorData first = TensorData.FromDoubles([1 + (1 / 1024.0), 2, 4], ElementType.Float16, 3);
        TensorData second = TensorData.FromDoubles([1 + Math.Pow(2, -22), 2.5, 3], ElementType.Float32, 3);
        TensorData result = MergeTensors.Run(Options("ties", "density=1 normalize=false", weights: [1, 1]), [start, first, second], output: ElementType.Float32).Result;
        Assert.Equal([(float)(1 + (1 / 1024.0) + Math.Pow(2, -22)), 2.5f, 4], result.ToSingles());
    }

    [Fact]
    public void Sce_SmallChanges_AreWeighedByTheirSquares()
    {
        // mergekit takes equal weights where the mean squares sum to less than 1e-6, which those of light fine-tuning do.
        double[][] sources = [[0, 0], [1e-4, 1e-4], [3e-4, 3e-4]];
        MergeOptions options = Options("sce", weights: [1, 1]);
        Assert.Equal(((1e-4 * 1) + (3e-4 * 9)) / 10, Run(options, sources)[0], 1e-18);
        Assert.Equal(2e-4, Run(options with { Compatibility = MergeCompatibility.Mergekit }, sources)[0], 1e-18);
    }

    [Theory]
    [InlineData("della", "density=0.9 epsilon=0.2", "model 1: density ± epsilon needs to lie in [0, 1], got 0.9 ± 0.2")]
    [InlineData("ties", "density=1.5", "model 1: density: needs a number in [0, 1], got 1.5")]
    [InlineData("ram", "density=0.5", "parameter 'density': not one of those of ram (epsilon)")]
    [InlineData("dare_ties", "seed=0.5", "seed: needs a whole number, got 0.5")]
    [InlineData("ties", "consensus=most", "consensus: needs one of sum, count, got 'most'")]
    public void Resolve_BadParameter_SaysWhatIsNeeded(string method, string parameters, string fault) => Assert.Contains(
        fault, Assert.Throws<OptionException>(() => ArgumentCheck.Resolve(Options(method, parameters, weights: 1))).Message, StringComparison.Ordinal);

    [Fact]
    public void Dare_AnotherTensorInTheModel_ChangesNoMask()
    {
        using TemporaryDirectory directory = new();
        TensorData Tensor(uint seed) => TensorData.From<float>(BareModels.Values(1000, seed), 10, 100);
        string[] alone = [.. Enumerable.Range(1, 3).Select(i => BareModels.Write(directory[$"alone{i}.onnx"], "w", Tensor((uint)i)))];
        string[] more = [.. Enumerable.Range(1, 3).Select(i => BareModels.Write(
            directory[$"more{i}.onnx"], new Dictionary<string, TensorData> { ["v"] = Tensor((uint)i + 10), ["w"] = Tensor((uint)i) }))];
        TensorData[] results = [.. new[] { alone, more }.Select(paths =>
        {
            MergeReport report = BareModels.Run(Options("dare_ties", "density=0.5 seed=3") with
            {
                Base = new MergeInput(paths[0]),
                Inputs = [new MergeInput(paths[1]), new MergeInput(paths[2])],
                Output = directory[Path.GetFileName(paths[0]) + ".out"],
            });
            Assert.Equal(3.0, report.Parameters["seed"]);
            return BareModels.Read(directory[Path.GetFileName(paths[0]) + ".out"]);
        })];
        Assert.True(results[0].ContentEquals(results[1]));
    }
}
