using System.Runtime.CompilerServices;

namespace OnnxEmbed.Merging.Methods.TaskVectors;

/// <summary>
/// Keeps the positions at which the task vectors differ most between the models, by their variance (F. Wan et al., "FuseChat", SCE,
/// arXiv:2408.07990, §3.3). Of the positions with a variance above 0 a fraction is kept, at least one.
/// </summary>
internal sealed class VarianceSparsifier(Cut cut) : ISparsifier
{
    public RowLayout? Rows => null;

    /// <summary>Finds the positions.</summary>
    /// <param name="tensor">The tensor.</param>
    /// <param name="fraction">In (0, 1).</param>
    /// <param name="atLeastOne">Whether a position is kept also where the fraction of them is less than one.</param>
    public static VarianceSparsifier Select(MergeTensor tensor, double fraction, bool atLeastOne)
    {
        return new VarianceSparsifier(CutSearch.Find(tensor, Rank, (block, _, start, variances) =>
        {
            Fill(block, start, variances);
            return variances;
        }));

        long Rank(long zeros)
        {
            long varying = tensor.ElementCount - zeros;
            return Math.Min(varying, Math.Max(atLeastOne ? 1 : 0, (long)(fraction * varying)));
        }
    }

    public void Apply(TensorBlock block)
    {
        Span<double> variances = stackalloc double[SelectionTally.ChunkLength];
        for (int start = 0; start < block.Count; start += variances.Length)
        {
            Span<double> part = variances[..Math.Min(variances.Length, block.Count - start)];
            Fill(block, start, part);
            int tied = cut.CountBelowTieEnd(block.Start + start, part.Length);
            for (int i = 0; i < part.Length; i++)
            {
                if (MagnitudeKeys.Of(part[i]) <= cut.Bound(i < tied))
                {
                    for (int model = 0; model < block.ModelCount; model++)
                    {
                        block.Task(model)[start + i] = 0;
                    }
                }
            }
        }
    }

    public double Rescaling(int model) => 1;

    /// <summary>The variances, times the number of models: Σ (d - mean)², by two passes, since their difference of squares would lose small ones.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Fill(TensorBlock block, int start, Span<double> variance)
    {
        Span<double> mean = stackalloc double[variance.Length];
        mean.Clear();
        variance.Clear();
        int models = block.ModelCount;
        for (int model = 0; model < models; model++)
        {
            ReadOnlySpan<double> task = block.Task(model).Slice(start, variance.Length);
            for (int i = 0; i < task.Length; i++)
            {
                mean[i] += task[i];
            }
        }

        for (int model = 0; model < models; model++)
        {
            ReadOnlySpan<double> task = block.Task(model).Slice(start, variance.Length);
            for (int i = 0; i < task.Length; i++)
            {
                double distance = task[i] - (mean[i] / models);
                double square = distance * distance;
                variance[i] += square;
            }
        }
    }
}
