using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace OnnxEmbed.Merging.Methods.TaskVectors;

/// <summary>
/// Keeps the positions at which the task vectors differ most between the models, by their variance (F. Wan et al., "FuseChat", SCE,
/// arXiv:2408.07990, §3.3). Of the positions with a variance above 0 a fraction is kept, at least one.
/// </summary>
internal sealed class VarianceSparsifier(Cut cut) : ISparsifier
{
    private const int Lanes = 4;

    public RowLayout? Rows => null;

    /// <summary>Finds the positions.</summary>
    /// <param name="tensor">The tensor.</param>
    /// <param name="fraction">In (0, 1).</param>
    /// <param name="atLeastOne">Whether a position is kept also where the fraction of them is less than one.</param>
    public static VarianceSparsifier Select(MergeTensor tensor, double fraction, bool atLeastOne)
    {
        return new VarianceSparsifier(CutSearch.Find(
            tensor, Rank, (block, _, start, variances) => Fill(block.Tasks(start, variances.Length), 0, variances)));

        long Rank(long zeros)
        {
            long varying = tensor.ElementCount - zeros;
            return Math.Min(varying, Math.Max(atLeastOne ? 1 : 0, (long)(fraction * varying)));
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void Apply(TaskPiece piece, int rowLength)
    {
        Span<double> variances = stackalloc double[SelectionTally.ChunkLength];
        for (int start = 0; start < piece.Count; start += variances.Length)
        {
            Span<double> part = variances[..Math.Min(variances.Length, piece.Count - start)];
            Fill(piece, start, part);
            for (int model = 0; model < piece.ModelCount; model++)
            {
                MagnitudeKeys.Trim(piece.Task(model).Slice(start, part.Length), part, piece.Start + start, cut, Cut.None);
            }
        }
    }

    public double Rescaling(int model) => 1;

    /// <summary>
    /// The variances, times the square of the number of models: the sum of (dᵢ - dⱼ)² over each two. Against the mean, task vectors that are equal
    /// would get a variance by its rounding. What each addition rounds away is summed, too (D. E. Knuth, TAOCP 2, §4.2.2, theorem B), so that the
    /// order of the models does not decide between positions that differ by a rounding only.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Fill(TaskPiece piece, int start, Span<double> variance)
    {
        ref double tasks = ref piece.Padded[start];
        ref double to = ref MemoryMarshal.GetReference(variance);
        Span<double> last = stackalloc double[Lanes];
        int models = piece.ModelCount;
        int stride = piece.Stride;
        int length = variance.Length;
        for (int i = 0; i < length; i = unchecked(i + Lanes))
        {
            Vector256<double> sum = default;
            Vector256<double> lost = default;
            for (int first = 0; first < models; first = unchecked(first + 1))
            {
                Vector256<double> a = Vector256.LoadUnsafe(ref tasks, (nuint)unchecked((first * stride) + i));
                for (int second = unchecked(first + 1); second < models; second = unchecked(second + 1))
                {
                    Vector256<double> difference = a - Vector256.LoadUnsafe(ref tasks, (nuint)unchecked((second * stride) + i));
                    Vector256<double> square = difference * difference;
                    Vector256<double> after = sum + square;
                    Vector256<double> added = after - sum;
                    lost = lost + (sum - (after - added)) + (square - added);
                    sum = after;
                }
            }

            if (unchecked(i + Lanes) <= length)
            {
                (sum + lost).StoreUnsafe(ref to, (nuint)i);
            }
            else
            {
                (sum + lost).CopyTo(last);
                last[..(length - i)].CopyTo(variance[i..]);
            }
        }
    }
}
