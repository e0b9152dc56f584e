using OnnxEmbed.Tensors;

namespace OnnxEmbed.Merging.Methods;

/// <summary>
/// The point at t of the arc between two tensors, each taken as one vector (<see cref="Arc"/>). The tensors themselves are blended, not their
/// directions, as mergekit does.
/// </summary>
internal sealed class SlerpRule : IMergeRule
{
    public const string T = "t";
    public const string Mode = "mode";
    public const string Exact = "exact";
    public const string Mergekit = "mergekit";

    public void Validate(MergeArguments arguments, List<string> faults)
    {
    }

    public TensorBlend Decide(MergeTensor tensor, MergeArguments arguments)
    {
        double t = arguments.Number(T);
        if (tensor.AllEqual)
        {
            return tensor.CopyModel(0, "copied: equal in both models");
        }

        if (t is 0 or 1)
        {
            return tensor.CopyModel((int)t, $"copied: t = {(int)t}");
        }

        PairSums sums = tensor.Pairs[0];
        bool likeMergekit = arguments.LikeMergekit || arguments.Choice(Mode) == Mergekit;
        Arc arc = tensor.ElementCount == 1 ? Arc.Straight(t, "lerp: one element")
            : likeMergekit ? Arc.LikeMergekitSlerp(sums, t)
            : Arc.Between(sums, t);
        return tensor.Sum([arc.First, arc.Second], arc.Action, arc.Warning);
    }

    public TensorBlend Average(MergeTensor tensor, MergeArguments arguments)
    {
        double t = arguments.Number(T);
        return tensor.AllEqual ? tensor.CopyModel(0, "copied: equal in both models") : tensor.Sum([1 - t, t], "linear");
    }
}
