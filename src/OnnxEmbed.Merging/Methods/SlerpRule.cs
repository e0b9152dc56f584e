using OnnxEmbed.Tensors;

namespace OnnxEmbed.Merging.Methods;

/// <summary>
/// sin((1-t)θ)/sin θ · w₀ + sin(tθ)/sin θ · w₁ on each tensor taken as one vector, θ the angle between the two (K. Shoemake, "Animating
/// rotation with quaternion curves", SIGGRAPH 1985, §3.3). The tensors themselves are blended, not their directions, as mergekit does.
/// Where the sphere gives no direction (zero vectors, colinear or opposite ones) it is (1-t)·w₀ + t·w₁.
/// </summary>
internal sealed class SlerpRule : IMergeRule
{
    public const string T = "t";
    public const string Mode = "mode";
    public const string Exact = "exact";
    public const string Mergekit = "mergekit";

    /// <summary>
    /// Below this sine the formula is lost in rounding: the sums carry about 1e-15, hence an angle near 0 or π about 3e-8. Near 0 slerp and lerp
    /// agree to sin²θ there, far below the rounding of any weight.
    /// </summary>
    private const double SmallestSine = 1e-7;

    /// <summary>mergekit's threshold of |cos|, from which it interpolates straight, on both sides.</summary>
    private const double MergekitCosine = 0.9995;

    /// <summary>mergekit leaves vectors up to this norm as they are instead of normalising them.</summary>
    private const double MergekitNorm = 1e-8;

    public void Validate(MergeArguments arguments, List<string> faults)
    {
    }

    public TensorBlend Decide(MergeTensor tensor, MergeArguments arguments)
    {
        double t = arguments.Number(T);
        if (tensor.AllEqual)
        {
            return TensorBlend.Copy(0, 2, "copied: equal in both models");
        }

        if (t is 0 or 1)
        {
            return TensorBlend.Copy((int)t, 2, $"copied: t = {(int)t}");
        }

        PairSums sums = tensor.Pairs[0];
        if (tensor.ElementCount == 1)
        {
            return Straight(t, "lerp: one element");
        }

        return arguments.LikeMergekit || arguments.Choice(Mode) == Mergekit ? LikeMergekit(t, sums) : OnTheSphere(t, sums);
    }

    public TensorBlend Average(MergeTensor tensor, MergeArguments arguments) =>
        tensor.AllEqual ? tensor.CopyModel(0, "copied: equal in both models") : Straight(arguments.Number(T), "linear");

    private static TensorBlend OnTheSphere(double t, PairSums sums)
    {
        if (sums.FirstSquared == 0 || sums.SecondSquared == 0)
        {
            return Straight(t, "lerp: zero vector");
        }

        double angle = sums.Angle;
        if (!sums.IsFinite || double.IsNaN(angle))
        {
            return Straight(t, "lerp: no angle", "its norm is not finite, so that it has no angle; interpolated straight");
        }

        double sine = Math.Sin(angle);
        if (sine < SmallestSine)
        {
            return angle < 1
                ? Straight(t, "lerp: colinear")
                : Straight(t, "lerp: opposite", "the two models are opposite vectors, between which no arc is the shortest; interpolated straight");
        }

        return new TensorBlend([Math.Sin((1 - t) * angle) / sine, Math.Sin(t * angle) / sine], null, "slerp");
    }

    private static TensorBlend LikeMergekit(double t, PairSums sums)
    {
        double first = sums.FirstNorm > MergekitNorm ? sums.FirstNorm : 1;
        double second = sums.SecondNorm > MergekitNorm ? sums.SecondNorm : 1;
        double cosine = sums.Dot / (first * second);
        if (!(Math.Abs(cosine) <= MergekitCosine))
        {
            return Straight(t, "lerp: |cos| above 0.9995");
        }

        double angle = Math.Acos(cosine);
        double sine = Math.Sin(angle);
        return new TensorBlend([Math.Sin((1 - t) * angle) / sine, Math.Sin(t * angle) / sine], null, "slerp");
    }

    private static TensorBlend Straight(double t, string action, string? warning = null) => new([1 - t, t], null, action, warning);
}
