using OnnxEmbed.Merging.Methods;
using OnnxEmbed.Tensors;

namespace OnnxEmbed.Merging.Tests.Methods.TaskVectors;

/// <summary>Merges of a base and models in memory.</summary>
internal static class TaskVectorRuns
{
    public static readonly double[] W0 = [1, -2, 3, .5, 0, -1];
    public static readonly double[] A = [1.5, -1.75, 2.875, .125, .4375, -1];
    public static readonly double[] B = [.75, -2.5, 3.3125, .9375, -.375, -1];
    public static readonly double[] C = [1.1875, -2.125, 3.625, .5, .25, -1.5];

    /// <summary>Methods whose models have a density.</summary>
    public static readonly string[] Sparse =
        ["ties", "dare_linear", "dare_ties", "della", "della_linear", "breadcrumbs", "breadcrumbs_ties"];

    public static readonly string[] All = [.. Sparse, "sce", "ram", "ramplus_tl"];

    /// <summary>Options as a recipe would give them: "density=0.5 lambda=2".</summary>
    public static MergeOptions Options(string method, string parameters = "", int threads = 2, params double[] weights) => new()
    {
        Method = MergeMethods.Find(method),
        Base = new MergeInput("base"),
        Inputs = [.. weights.Select(weight => new MergeInput("model") { Weight = weight })],
        Output = "out",
        Parameters = parameters.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(pair => pair.Split('=')).ToDictionary(pair => pair[0], pair => pair[1]),
        DegreeOfParallelism = threads,
    };

    /// <summary>Merges tensors of f64 [rows, columns]; one row where no columns are given.</summary>
    public static double[] Run(MergeOptions options, IReadOnlyList<double[]> sources, int columns = 0, bool inputsFirst = false) =>
        Run(options, sources, ElementType.Float64, columns, inputsFirst).Result.ToDoubles();

    public static (TensorData Result, TensorBlend Blend) Run(
        MergeOptions options, IReadOnlyList<double[]> sources, ElementType type, int columns = 0, bool inputsFirst = false)
    {
        int length = sources[0].Length;
        long[] shape = columns == 0 ? [length] : [length / columns, columns];
        return MergeTensors.Run(options, [.. sources.Select(source => TensorData.FromDoubles(source, type, shape))], inputsFirst);
    }
}
