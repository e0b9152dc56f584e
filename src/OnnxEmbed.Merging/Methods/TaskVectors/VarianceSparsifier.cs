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
        RadixSelection selection = new(tensor.ElementCount, zeros =>
        {
            long varying = tensor.ElementCount - zeros;
            return Math.Min(varying, Math.Max(atLeastOne ? 1 : 0, (long)(fraction * varying)));
        });
        return new VarianceSparsifier(CutSearch.Find(tensor, [selection], (block, _, start, keys) => Fill(block, start, keys))[0]);
    }

    public void Apply(TensorBlock block)
    {
        Span<long> keys = stackalloc long[RadixSelection.ChunkLength];
        for (int start = 0; start < block.Count; start += keys.Length)
        {
            Span<long> part = keys[..Math.Min(keys.Length, block.Count - start)];
            Fill(block, start, part);
            int tied = cut.CountBelowTieEnd(block.Start + start, part.Length);
            for (int i = 0; i < part.Length; i++)
            {
                if (part[i] <= cut.Bound(i < tied))
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

    /// <summary>Keys of the variances: Σ (d - mean)², by two passes, since their difference of squares would lose small ones.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Fill(TensorBlock block, int start, Span<long> keys)
    {
        Span<double> mean = stackalloc double[keys.Length];
        Span<double> variance = stackalloc double[keys.Length];
        mean.Clear();
        variance.Clear();
        int models = block.ModelCount;
        for (int model = 0; model < models; model++)
        {
            ReadOnlySpan<double> task = block.Task(model).Slice(start, keys.Length);
            for (int i = 0; i < task.Length; i++)
            {
                mean[i] += task[i];
            }
        }

        for (int model = 0; model < models; model++)
        {
            ReadOnlySpan<double> task = block.Task(model).Slice(start, keys.Length);
            for (int i = 0; i < task.Length; i++)
            {
                double distance = task[i] - (mean[i] / models);
                double square = distance * distance;
                variance[i] += square;
            }
        }

        MagnitudeKeys.Fill(variance, keys);
    }
}
