using System.Numerics.Tensors;

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
            for (int model = 0; model < block.ModelCount; model++)
            {
                MagnitudeKeys.Trim(block.Task(model).Slice(start, part.Length), part, block.Start + start, cut, Cut.None);
            }
        }
    }

    public double Rescaling(int model) => 1;

    /// <summary>
    /// The variances, times the square of the number of models: the sum of (dᵢ - dⱼ)² over each two. Against the mean, task vectors that are equal
    /// would get a variance by its rounding.
    /// </summary>
    private static void Fill(TensorBlock block, int start, Span<double> variance)
    {
        Span<double> distance = stackalloc double[variance.Length];
        variance.Clear();
        for (int first = 0; first < block.ModelCount; first++)
        {
            for (int second = first + 1; second < block.ModelCount; second++)
            {
                TensorPrimitives.Subtract(block.Task(first).Slice(start, variance.Length), block.Task(second).Slice(start, variance.Length), distance);
                TensorPrimitives.Multiply(distance, distance, distance);
                TensorPrimitives.Add(variance, distance, variance);
            }
        }
    }
}
