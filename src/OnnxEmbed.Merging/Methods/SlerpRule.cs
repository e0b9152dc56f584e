using OnnxEmbed.Tensors;

namespace OnnxEmbed.Merging.Methods;

/// <summary>
/// The point at t of the arc between two tensors, each taken as one vector (<see cref="Arc"/>), or a tree of such points for more than two
/// (<see cref="ArcTree"/>). The tensors themselves are blended, not their directions, as mergekit does.
/// </summary>
internal sealed class SlerpRule : IMergeRule
{
    public const string T = "t";
    public const string Mode = "mode";
    public const string Tree = "tree";
    public const string Exact = "exact";
    public const string Mergekit = "mergekit";

    private const double NearlyStraight = 1.812;

    public void Validate(MergeArguments arguments, List<string> faults)
    {
    }

    public TensorBlend Decide(MergeTensor tensor, MergeArguments arguments)
    {
        double t = arguments.Number(T);
        if (tensor.AllEqual)
        {
            return tensor.CopyModel(0, tensor.ModelCount == 2 ? "copied: equal in both models" : "copied: equal in all models");
        }

        if (t is 0 or 1)
        {
            return tensor.CopyModel(t == 0 ? 0 : tensor.ModelCount - 1, $"copied: t = {(int)t}");
        }

        bool likeMergekit = arguments.LikeMergekit || arguments.Choice(Mode) == Mergekit;
        if (tensor.ModelCount > 2)
        {
            return Several(tensor, t, arguments.Choice(Tree), likeMergekit);
        }

        Arc arc = Join(tensor.ElementCount, likeMergekit)(tensor.Pairs[0], t);
        return tensor.Sum([arc.First, arc.Second], arc.Action, arc.Warning);
    }

    public TensorBlend Average(MergeTensor tensor, MergeArguments arguments)
    {
        double t = arguments.Number(T);
        return tensor.AllEqual
            ? tensor.CopyModel(0, "copied: equal in both models")
            : tensor.Sum(new ArcTree(tensor.Gram, t, (_, place) => Arc.Straight(place, "linear")).Factors(arguments.Choice(Tree)),
                "linear");
    }

    /// <summary>
    /// What the angles say of a merge: at mergekit's threshold of 1.812° slerp and averaging at t = ½ differ by 1.25e-4 of the norm, below
    /// it by less (sin²θ/8). Most fine-tunes lie there.
    /// </summary>
    /// <param name="degrees">Angle between the first model and each later one over all weights.</param>
    public string? WarnOfAngles(IReadOnlyList<double?> degrees)
    {
        double largest = degrees.Count == 0 ? double.NaN : degrees.Max() ?? double.NaN;
        return largest > 0 && largest < NearlyStraight
            ? $"the models lie {Text.Number(Math.Round(largest, 3))}° apart, where slerp is averaging to within 1.3e-4; nuslerp with a base "
                + "turns the differences to it, which lie further apart"
            : null;
    }

    private static TensorBlend Several(MergeTensor tensor, double t, string kind, bool likeMergekit)
    {
        ArcTree tree = new(tensor.Gram, t, Join(tensor.ElementCount, likeMergekit));
        double[] factors = tree.Factors(kind);
        Arc[] straight = [.. tree.Joins.Where(join => join.Action != Arc.OnTheSphere)];
        IEnumerable<string> reasons = straight
            .Select(join => join.Action[(join.Action.IndexOf(' ', StringComparison.Ordinal) + 1)..])
            .Distinct();
        string action = $"slerp: {kind} tree"
            + (straight.Length == 0 ? "" : $", {straight.Length} of {tree.Joins.Count} joins straight ({string.Join(", ", reasons)})");
        return tensor.Sum(factors, action, straight.Select(join => join.Warning).FirstOrDefault(warning => warning is not null));
    }

    private static Func<PairSums, double, Arc> Join(long elementCount, bool likeMergekit) => (sums, t) =>
        elementCount == 1 ? Arc.Straight(t, "lerp: one element")
        : likeMergekit ? Arc.LikeMergekitSlerp(sums, t)
        : Arc.Between(sums, t);
}
