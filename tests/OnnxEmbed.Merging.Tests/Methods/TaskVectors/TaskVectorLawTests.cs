using CsCheck;
using OnnxEmbed.Tensors;
using static OnnxEmbed.Merging.Tests.Methods.TaskVectors.TaskVectorRuns;

namespace OnnxEmbed.Merging.Tests.Methods.TaskVectors;

/// <summary>
/// Laws over types, and lengths around the widths of registers. Values are multiples of 1/32 in [-1, 1], so that sums are exact in every type
/// and in any order. Masks depend on position and model by design: methods that drop at random are left out where those change.
/// </summary>
public class TaskVectorLawTests
{
    private static readonly ElementType[] Types = [ElementType.Float64, ElementType.Float32, ElementType.Float16, ElementType.BFloat16];

    private static readonly int[] Lengths = [1, 2, 3, 4, 5, 7, 8, 9, 15, 16, 17, 31, 32, 33, 63, 64, 65, 127, 128, 129, 2048];

    private static readonly Gen<(double[][] Sources, ElementType Type)> Inputs =
        from length in Gen.Int[0, Lengths.Length - 1].Select(i => Lengths[i])
        from seed in Gen.Int[1, 1_000_000]
        from type in Gen.Int[0, Types.Length - 1].Select(i => Types[i])
        select (Enumerable.Range(0, 4).Select(i => BareModels.Values(length, (uint)(seed + i)).Select(x => Math.Round(x * 32) / 32).ToArray()).ToArray(), type);

    public static TheoryData<string> Methods => [.. All];

    public static TheoryData<string> SparseMethods => [.. Sparse];

    /// <summary>Methods without chance, with parameters that make them work.</summary>
    public static readonly TheoryData<string, string> Steady = new()
    {
        { "ties", "density=0.4" },
        { "ties", "density=0.7 consensus=count normalize=false" },
        { "breadcrumbs", "density=0.6 gamma=0.1" },
        { "breadcrumbs_ties", "density=0.6 gamma=0.1" },
        { "sce", "select_topk=0.5" },
        { "ram", "epsilon=0.5" },
        { "ramplus_tl", "epsilon=0.5" },
    };

    [Theory]
    [MemberData(nameof(Methods))]
    public void Merge_ModelsThatAreTheBase_IsTheBaseBitForBit(string method) => Inputs.Sample(
        (sources, type) =>
        {
            double[] start = [.. sources[0].Select(x => x == 0 ? -0.0 : x)];
            Assert.Equal(Bits(start, type), Bits(Run(Options(method, weights: [1, 1]), [start, start, start], type).Result));
        },
        iter: 20);

    [Theory]
    [MemberData(nameof(Methods))]
    public void Merge_OneModelAtDensityOne_IsTheModel(string method) => Inputs.Sample(
        (sources, type) =>
        {
            string parameters = Sparse.Contains(method) ? "density=1" : method == "sce" ? "select_topk=1" : "epsilon=0" + (method == "ram" ? "" : " r=0");
            double[] result = Run(Options(method, parameters, weights: 1), sources[..2], type).Result.ToDoubles();
            Assert.Equal(sources[1], result);
        },
        iter: 20);

    [Theory]
    [MemberData(nameof(SparseMethods))]
    public void Merge_DensityOneWithoutElection_IsTaskArithmetic(string method) => Inputs.Sample(
        (sources, type) =>
        {
            // With election: where all models agree, which they do when they differ from the base by the same sign.
            double[][] same = [sources[0], .. sources[1..].Select(model => model.Zip(sources[0], (x, y) => y + (Math.Abs(x) / 2)).ToArray())];
            double[] weights = [.5, .25, .125];
            double[] plain = Run(Options("task_arithmetic", "lambda=0.5", weights: weights), same, type).Result.ToDoubles();
            Assert.Equal(plain, Run(Options(method, "density=1 lambda=0.5 normalize=false", weights: weights), same, type).Result.ToDoubles());
        },
        iter: 20);

    [Theory]
    [MemberData(nameof(SparseMethods))]
    public void Merge_DensityZero_IsTheBaseBitForBit(string method) => Inputs.Sample(
        (sources, type) => Assert.Equal(Bits(sources[0], type), Bits(Run(Options(method, "density=0", weights: [1, 1, 1]), sources, type).Result)),
        iter: 20);

    [Theory]
    [MemberData(nameof(Steady))]
    public void Merge_ModelsInAnyOrder_IsTheSame(string method, string parameters) => Inputs.Sample(
        (sources, type) =>
        {
            double[] weights = Weights(method);
            TensorData first = Run(Options(method, parameters, weights: weights), sources, type).Result;
            TensorData second = Run(
                Options(method, parameters, weights: [weights[2], weights[0], weights[1]]), [sources[0], sources[3], sources[1], sources[2]], type).Result;
            AssertClose(first, second);
        },
        iter: 30);

    [Theory]
    [MemberData(nameof(Steady))]
    public void Merge_ElementsInAnotherOrder_AreMergedTheSame(string method, string parameters) => Gen.Select(Inputs, Gen.Int[1, 1_000_000]).Sample(
        (input, seed) =>
        {
            // Equal magnitudes are told apart by position, so these differ: in double, and with a random rest.
            double[][] sources = [new double[input.Sources[0].Length], .. input.Sources[1..].Select((model, i) =>
                model.Zip(BareModels.Values(model.Length, (uint)(seed + i)), (x, y) => x + (y / 64)).ToArray())];
            int[] order = [.. Enumerable.Range(0, sources[0].Length)];
            new CounterRandom((ulong)seed, "order").Shuffle<int>(order);
            double[] result = Run(Options(method, parameters, weights: Weights(method)), sources);
            double[] shuffled = Run(Options(method, parameters, weights: Weights(method)), [.. sources.Select(source => order.Select(at => source[at]).ToArray())]);
            Assert.All(order.Select((at, i) => (result[at], shuffled[i])), pair => Assert.Equal(pair.Item1, pair.Item2, 1e-13));
        },
        iter: 30);

    [Theory]
    [MemberData(nameof(Methods))]
    public void Merge_AllTensorsTwiceAsLarge_IsTwiceAsLarge(string method) => Inputs.Sample(
        (sources, type) =>
        {
            string parameters = Sparse.Contains(method) ? "density=0.5" : method == "sce" ? "select_topk=0.5" : "epsilon=0.25";
            string doubled = parameters.Replace("epsilon=0.25", "epsilon=0.5", StringComparison.Ordinal);
            double[] once = Run(Options(method, parameters, weights: Weights(method)), sources, type).Result.ToDoubles();
            double[] twice = Run(Options(method, doubled, weights: Weights(method)), [.. sources.Select(source => source.Select(x => 2 * x).ToArray())], type).Result.ToDoubles();
            Assert.Equal(once.Select(x => 2 * x), twice);
        },
        iter: 20);

    [Theory]
    [MemberData(nameof(SparseMethods))]
    public void Merge_LambdaTwiceAsLarge_MovesTwiceAsFar(string method) => Inputs.Sample(
        (sources, _) =>
        {
            double[] once = Run(Options(method, "density=0.5", weights: [.5, .25, .25]), sources);
            double[] twice = Run(Options(method, "density=0.5 lambda=2", weights: [.5, .25, .25]), sources);
            Assert.All(once.Select((x, at) => (sources[0][at] + (2 * (x - sources[0][at])), twice[at])), pair => Assert.Equal(pair.Item1, pair.Item2, 1e-12));
        },
        iter: 20);

    [Theory]
    [MemberData(nameof(SparseMethods))]
    public void Merge_NormalisedWeightsFourTimesAsLarge_ChangeNothing(string method) => Inputs.Sample(
        (sources, type) => AssertClose(
            Run(Options(method, "density=0.5 normalize=true", weights: [.5, .25, .25]), sources, type).Result,
            Run(Options(method, "density=0.5 normalize=true", weights: [2, 1, 1]), sources, type).Result),
        iter: 20);

    private static double[] Weights(string method) => Sparse.Contains(method) ? [.5, .25, .125] : [1, 1, 1];

    private static byte[] Bits(double[] values, ElementType type) => Bits(TensorData.FromDoubles(values, type, values.Length));

    private static byte[] Bits(TensorData tensor) => tensor.Slice(0, (int)tensor.ByteLength).ToArray();

    /// <summary>Equal but for the order of additions in double: one step of the type where that meets a tie of rounding.</summary>
    private static void AssertClose(TensorData first, TensorData second)
    {
        double tolerance = first.ElementType switch { ElementType.Float64 => 1e-14, ElementType.Float32 => 1.2e-7, ElementType.Float16 => 1e-3, _ => 8e-3 };
        Assert.All(first.ToDoubles().Zip(second.ToDoubles()), pair => Assert.InRange(pair.Second - pair.First, -tolerance * (1 + Math.Abs(pair.First)), tolerance * (1 + Math.Abs(pair.First))));
    }
}
