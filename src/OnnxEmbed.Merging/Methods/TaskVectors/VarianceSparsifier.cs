using System.Numerics;
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
    /// would get a variance by its rounding. What each addition rounds away is summed, too, so that the order of the models does not decide
    /// between positions that differ by a rounding only.
    /// </summary>
    private static void Fill(TensorBlock block, int start, Span<double> variance)
    {
        Span<double> lost = stackalloc double[variance.Length];
        variance.Clear();
        lost.Clear();
        for (int first = 0; first < block.ModelCount; first++)
        {
            for (int second = first + 1; second < block.ModelCount; second++)
            {
                AddSquares(
                    block.Task(first).Slice(start, variance.Length), block.Task(second).Slice(start, variance.Length), variance, lost);
            }
        }

        TensorPrimitives.Add(variance, lost, variance);
    }

    /// <summary>sum += (a - b)², and to lost what rounding takes away (D. E. Knuth, TAOCP 2, §4.2.2, theorem B).</summary>
    private static void AddSquares(ReadOnlySpan<double> a, ReadOnlySpan<double> b, Span<double> sum, Span<double> lost)
    {
        int step = Vector<double>.Count;
        int i = 0;
        for (; i <= sum.Length - step; i += step)
        {
            Vector<double> difference = new Vector<double>(a[i..]) - new Vector<double>(b[i..]);
            Vector<double> square = difference * difference;
            Vector<double> before = new(sum[i..]);
            Vector<double> after = before + square;
            Vector<double> added = after - before;
            (new Vector<double>(lost[i..]) + (before - (after - added)) + (square - added)).CopyTo(lost[i..]);
            after.CopyTo(sum[i..]);
        }

        for (; i < sum.Length; i++)
        {
            double square = (a[i] - b[i]) * (a[i] - b[i]);
            double after = sum[i] + square;
            double added = after - sum[i];
            lost[i] = lost[i] + (sum[i] - (after - added)) + (square - added);
            sum[i] = after;
        }
    }
}
