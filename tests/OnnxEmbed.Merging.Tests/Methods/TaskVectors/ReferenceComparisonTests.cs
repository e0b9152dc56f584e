using OnnxEmbed.Merging.Methods;
using OnnxEmbed.Tensors;
using static OnnxEmbed.Merging.Tests.Methods.TaskVectors.TaskVectorRuns;

namespace OnnxEmbed.Merging.Tests.Methods.TaskVectors;

/// <summary>Every method beside <see cref="ReferenceTaskVectors"/>, which shares no code with it but the random numbers.</summary>
public class ReferenceComparisonTests
{
    public static readonly TheoryData<string, string> Settings = new()
    {
        { "ties", "" },
        { "ties", "density=0.37 normalize=false lambda=0.7" },
        { "ties", "density=0.6 rescale=true consensus=count" },
        { "dare_linear", "density=0.3 seed=11" },
        { "dare_linear", "density=0.7 normalize=true rescale=false" },
        { "dare_ties", "density=0.4 seed=5" },
        { "dare_ties", "density=0.4 normalize=true consensus=count" },
        { "della", "density=0.4 epsilon=0.2" },
        { "della", "density=0.4 rescale=false" },
        { "della_linear", "density=0.85 epsilon=0.15 lambda=2" },
        { "breadcrumbs", "density=0.6 gamma=0.1" },
        { "breadcrumbs", "density=0.97 gamma=0.5" },
        { "breadcrumbs_ties", "density=0.3 gamma=0.05 normalize=true rescale=true" },
        { "sce", "" },
        { "sce", "select_topk=0.3" },
        { "ram", "epsilon=0.3" },
        { "ramplus_tl", "epsilon=0.4 alpha=0.7 r=0.5" },
    };

    [Theory]
    [MemberData(nameof(Settings))]
    public void Merge_RandomTensors_EqualsTheReference(string method, string parameters)
    {
        foreach ((int rows, int columns) in ((int, int)[])[(1, 1), (1, 2), (3, 1), (5, 7), (8, 16), (31, 33), (65, 127)])
        {
            foreach (bool turned in (bool[])[false, true])
            {
                foreach (MergeCompatibility compatibility in Enum.GetValues<MergeCompatibility>())
                {
                    // Multiples of 1/64 in [-1, 1): differences are exact, and many are equal in magnitude, or 0.
                    double[][] sources = [.. Enumerable.Range(1, 4).Select(seed => BareModels.Values(rows * columns, (uint)seed).Select(x => Math.Floor(x * 64) / 64).ToArray())];
                    sources[1][0] = sources[0][0];
                    MergeOptions options = Options(method, parameters, weights: method is "sce" or "ram" or "ramplus_tl" ? [1, 1, 1] : [.5, 1.25, -.25]) with
                    {
                        Compatibility = compatibility,
                    };
                    RowLayout layout = turned ? new RowLayout(columns, rows, true) : new RowLayout(rows, columns, false);
                    double[] expected = ReferenceTaskVectors.Merge(options, sources[0], sources[1..], layout);
                    double[] result = Run(options, sources, columns, inputsFirst: turned);
                    for (int i = 0; i < expected.Length; i++)
                    {
                        Assert.True(
                            Math.Abs(expected[i] - result[i]) <= 1e-12 * (1 + Math.Abs(expected[i])),
                            $"[{rows}, {columns}] turned {turned} {compatibility} element {i}: needs {expected[i]:R}, got {result[i]:R}");
                    }
                }
            }
        }
    }

    [Theory]
    [InlineData("ties", "density=0.3")]
    [InlineData("breadcrumbs_ties", "density=0.5 gamma=0.1")]
    [InlineData("dare_ties", "density=0.3")]
    [InlineData("della", "density=0.5")]
    [InlineData("sce", "select_topk=0.2")]
    [InlineData("ramplus_tl", "epsilon=0.01")]
    public void Merge_ManyBlocks_EqualsTheReferenceOnAnyNumberOfThreads(string method, string parameters)
    {
        const int Columns = 613;
        const int Length = 101 * Columns;
        foreach (ElementType type in (ElementType[])[ElementType.Float32, ElementType.BFloat16])
        {
            // bf16 gives thousands of equal magnitudes, f32 few.
            TensorData[] stored = [.. Enumerable.Range(1, 4).Select(seed => TensorData.FromSingles(BareModels.Values(Length, (uint)seed), type, 101, Columns))];
            double[][] sources = [.. stored.Select(tensor => tensor.ToDoubles())];
            MergeOptions options = Options(method, parameters, weights: [1, 1, 1]);
            double[] expected = ReferenceTaskVectors.Merge(options, sources[0], sources[1..], new RowLayout(101, Columns, false));
            TensorData result = MergeTensors.Run(options with { DegreeOfParallelism = 1 }, stored).Result;
            float[] rounded = TensorData.FromDoubles(expected, type, Length).ToSingles();
            Assert.All(rounded.Zip(result.ToSingles()), pair => Assert.InRange(pair.Second - pair.First, -1e-6 - (.008 * Math.Abs(pair.First)), 1e-6 + (.008 * Math.Abs(pair.First))));
            Assert.True(result.ContentEquals(MergeTensors.Run(options with { DegreeOfParallelism = 2 }, stored).Result));
            Assert.True(result.ContentEquals(MergeTensors.Run(options with { DegreeOfParallelism = 7 }, stored).Result));
        }
    }
}
