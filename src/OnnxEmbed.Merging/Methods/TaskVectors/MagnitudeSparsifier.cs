using System.Runtime.CompilerServices;

namespace OnnxEmbed.Merging.Methods.TaskVectors;

/// <summary>
/// Keeps of each task vector what is neither too small nor too large: the largest (P. Yadav et al., "TIES-Merging", arXiv:2306.01708, §4),
/// the largest but for outliers (M. Davari, E. Belilovsky, "Model Breadcrumbs", arXiv:2312.06795, §3), or what exceeds a number.
/// </summary>
/// <param name="lower">What is large enough, for each model.</param>
/// <param name="upper">What is too large, for each model.</param>
/// <param name="densities">The fraction that is kept, for each model.</param>
internal sealed class MagnitudeSparsifier(Cut[] lower, Cut[] upper, double[] densities) : ISparsifier
{
    public RowLayout? Rows => null;

    /// <summary>Keeps elements whose magnitude is above <paramref name="epsilon"/>.</summary>
    public static MagnitudeSparsifier Above(double epsilon, int models) => new(
        [.. Enumerable.Repeat(Cut.Above(epsilon), models)], [.. Enumerable.Repeat(Cut.None, models)], [.. Enumerable.Repeat(1.0, models)]);

    /// <summary>Drops the largest <paramref name="dropped"/> and keeps the next <paramref name="kept"/> elements of each model.</summary>
    public static MagnitudeSparsifier Select(MergeTensor tensor, IReadOnlyList<long> dropped, IReadOnlyList<long> kept, double[] densities)
    {
        // Two cuts for each model: the even ones what is too large, the odd ones what is large enough.
        long[] ranks = [.. Enumerable.Range(0, kept.Count).SelectMany(model => (long[])[dropped[model], dropped[model] + kept[model]])];
        Cut[] cuts = CutSearch.Find(tensor, ranks, [.. ranks.Select((_, cut) => cut / 2)]);
        return new([.. cuts.Where((_, i) => i % 2 == 1)], [.. cuts.Where((_, i) => i % 2 == 0)], densities);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void Apply(TaskPiece piece, int rowLength)
    {
        for (int model = 0; model < lower.Length; model++)
        {
            if (lower[model] != Cut.All || upper[model] != Cut.None)
            {
                MagnitudeKeys.Trim(piece.Task(model), piece.Start, lower[model], upper[model]);
            }
        }
    }

    public double Rescaling(int model) => densities[model] > 0 ? 1 / densities[model] : 1;
}
