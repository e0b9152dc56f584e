using OnnxEmbed.Tensors;

namespace OnnxEmbed.Merging.Methods;

/// <summary>
/// The point at t = c₂/(c₁ + c₂) of the arc between two tensors (<see cref="Arc"/>), or, with a base, base + the point between the two task
/// vectors. Each tensor is one vector, or each of its rows (or columns) is one. Formula: mergekit's documentation of nuslerp, after K.
/// Shoemake,
/// SIGGRAPH 1985, §3.3.
/// </summary>
internal sealed class NuslerpRule : IMergeRule
{
    public const string Flatten = "nuslerp_flatten";
    public const string RowWise = "nuslerp_row_wise";

    /// <summary>mergekit takes t = 1/2 where the weights sum up to less than this.</summary>
    private const double MergekitSum = 1e-6;

    public void Validate(MergeArguments arguments, List<string> faults)
    {
        double sum = arguments.Weights.Sum();
        if (sum == 0 && !arguments.LikeMergekit)
        {
            faults.Add($"weights: need a sum other than 0, got {Text.Numbers(arguments.Weights)}");
        }
        else if (!arguments.Extrapolate && !arguments.LikeMergekit && arguments.Weights.Any(weight => weight * sum < 0))
        {
            faults.Add($"weights: need two of one sign, got {Text.Numbers(arguments.Weights)}; --extrapolate allows others");
        }
    }

    public TensorBlend Decide(MergeTensor tensor, MergeArguments arguments)
    {
        double t = Place(arguments);
        if (tensor.AllEqual)
        {
            return tensor.CopyModel(0, "copied: equal in all models");
        }

        if (t is 0 or 1)
        {
            return tensor.CopyModel((int)t, $"copied: only model {(int)t + 1} has a weight");
        }

        if (tensor.ElementCount == 1)
        {
            return Answer(tensor, Arc.Straight(t, "lerp: one element"));
        }

        if (!arguments.Flag(Flatten) && tensor.Shape.Count > 1)
        {
            return ByRows(tensor, arguments, t, arguments.Flag(RowWise) ? tensor.Rows.Turned : tensor.Rows);
        }

        PairSums sums = (tensor.HasBase ? tensor.TaskGram : tensor.Gram)[0, 1];
        Arc arc = Between(sums, t, arguments.LikeMergekit);
        return Answer(tensor,
            arc) with
        { Figures = tensor.HasBase ? new Dictionary<string, double> { ["task_cosine"] = sums.Cosine } : [] };
    }

    public TensorBlend? Average(MergeTensor tensor, MergeArguments arguments) =>
        tensor.AllEqual ? tensor.CopyModel(0, "copied: equal in all models")
            : tensor.Sum([1 - Place(arguments), Place(arguments)], "linear");

    private static double Place(MergeArguments arguments)
    {
        double sum = arguments.Weights.Sum();
        return arguments.LikeMergekit && Math.Abs(sum) < MergekitSum ? 0.5 : arguments.Weights[1] / sum;
    }

    private static Arc Between(PairSums sums, double t, bool likeMergekit) =>
        likeMergekit ? Arc.LikeMergekitNuslerp(sums, t) : Arc.Between(sums, t);

    private static TensorBlend Answer(MergeTensor tensor, Arc arc) => tensor.HasBase
        ? tensor.AddTasks([arc.First, arc.Second], arc.Action, arc.Warning)
        : tensor.Sum([arc.First, arc.Second], arc.Action, arc.Warning);

    private static TensorBlend ByRows(MergeTensor tensor, MergeArguments arguments, double t, RowLayout rows)
    {
        RowFactors factors = new(rows, 2);
        bool likeMergekit = arguments.LikeMergekit;
        long[] straight = tensor.Tally(
            () => new long[1],
            (block, count) =>
            {
                for (int row = 0; row < block.RowCount; row++)
                {
                    ReadOnlySpan<double> first = tensor.HasBase ? block.Task(0) : block.Model(0);
                    ReadOnlySpan<double> second = tensor.HasBase ? block.Task(1) : block.Model(1);
                    int start = row * block.RowLength;
                    Arc arc = Between(Reductions.Pair(first.Slice(start, block.RowLength), second.Slice(start, block.RowLength)), t,
                        likeMergekit);
                    count[0] += arc.Action == Arc.OnTheSphere ? 0 : 1;
                    if (tensor.HasBase)
                    {
                        factors.SetTasks(block.FirstRow + row, arc.First, arc.Second);
                    }
                    else
                    {
                        factors.SetSum(block.FirstRow + row, arc.First, arc.Second);
                    }
                }
            },
            (total, part) => total[0] += part[0],
            rows);
        return tensor.Compute(tensor.HasBase ? factors.SumWithBase : factors.Sum, "slerp by rows") with
        {
            Figures = new Dictionary<string, double> { ["rows"] = rows.Count, ["straight_rows"] = straight[0] },
        };
    }
}
