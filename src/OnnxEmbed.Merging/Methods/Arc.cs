using OnnxEmbed.Tensors;

namespace OnnxEmbed.Merging.Methods;

/// <summary>
/// The two factors of a point on the arc between two vectors: sin((1-t)θ)/sin θ and sin(tθ)/sin θ, θ the angle between them (K. Shoemake,
/// "Animating rotation with quaternion curves", SIGGRAPH 1985, §3.3). Where the sphere gives no direction (zero vectors, colinear or
/// opposite
/// ones) they are 1-t and t.
/// </summary>
/// <param name="First">Factor of the first vector.</param>
/// <param name="Second">Factor of the second vector.</param>
/// <param name="Action">What the report says was done.</param>
/// <param name="Warning">What the user should know; null for nothing.</param>
internal readonly record struct Arc(double First, double Second, string Action, string? Warning = null)
{
    /// <summary>Action of a point on the arc; every other action is a straight line.</summary>
    public const string OnTheSphere = "slerp";

    /// <summary>
    /// Below this sine the formula is lost in rounding: the sums carry about 1e-15, hence an angle near 0 or π about 3e-8. Near 0 slerp and
    /// lerp
    /// agree to sin²θ there, far below the rounding of any weight.
    /// </summary>
    private const double SmallestSine = 1e-7;

    /// <summary>mergekit's slerp: threshold of |cos|, from which it interpolates straight, on both sides.</summary>
    private const double SlerpCosine = 0.9995;

    /// <summary>mergekit's slerp leaves vectors up to this norm as they are instead of normalising them.</summary>
    private const double SlerpNorm = 1e-8;

    /// <summary>mergekit's nuslerp divides by no norm below this.</summary>
    private const double NuslerpNorm = 1e-7;

    /// <summary>mergekit's nuslerp interpolates straight where the sine is below this.</summary>
    private const double NuslerpSine = 1e-8;

    /// <summary>The arc at every angle.</summary>
    public static Arc Between(PairSums sums, double t)
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
        return sine >= SmallestSine ? At(angle, sine, t)
            : angle < 1 ? Straight(t, "lerp: colinear")
            : Straight(t, "lerp: opposite",
                "the two models are opposite vectors, between which no arc is the shortest; interpolated straight");
    }

    /// <summary>As mergekit's slerp decides.</summary>
    public static Arc LikeMergekitSlerp(PairSums sums, double t)
    {
        double first = sums.FirstNorm > SlerpNorm ? sums.FirstNorm : 1;
        double second = sums.SecondNorm > SlerpNorm ? sums.SecondNorm : 1;
        double cosine = sums.Dot / (first * second);
        double angle = Math.Acos(cosine);
        return Math.Abs(cosine) <= SlerpCosine ? At(angle, Math.Sin(angle), t) : Straight(t, "lerp: |cos| above 0.9995");
    }

    /// <summary>As mergekit's nuslerp decides.</summary>
    public static Arc LikeMergekitNuslerp(PairSums sums, double t)
    {
        double cosine = sums.Dot / (Math.Max(sums.FirstNorm, NuslerpNorm) * Math.Max(sums.SecondNorm, NuslerpNorm));
        double angle = Math.Acos(Math.Clamp(cosine, -1, 1));
        double sine = Math.Sin(angle);
        return Math.Abs(sine) >= NuslerpSine ? At(angle, sine, t) : Straight(t, "lerp: colinear or opposite");
    }

    /// <summary>1-t and t.</summary>
    public static Arc Straight(double t, string action, string? warning = null) => new(1 - t, t, action, warning);

    private static Arc At(double angle, double sine, double t) =>
        new(Math.Sin((1 - t) * angle) / sine, Math.Sin(t * angle) / sine, OnTheSphere);
}
