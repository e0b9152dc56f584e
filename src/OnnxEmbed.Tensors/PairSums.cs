namespace OnnxEmbed.Tensors;

/// <summary>
/// Sums over two vectors u and v of equal length, in double. Differences and sums are accumulated themselves, since near 0 and π an angle
/// taken from the dot product alone loses half its digits.
/// </summary>
/// <param name="FirstSquared">‖u‖².</param>
/// <param name="SecondSquared">‖v‖².</param>
/// <param name="DifferenceSquared">‖u - v‖².</param>
/// <param name="SumSquared">‖u + v‖².</param>
public readonly record struct PairSums(double FirstSquared, double SecondSquared, double DifferenceSquared, double SumSquared)
{
    /// <summary>Whether all four sums are finite; if not, an element is not, or a square passed the range of double.</summary>
    public bool IsFinite =>
        double.IsFinite(FirstSquared) && double.IsFinite(SecondSquared) && double.IsFinite(DifferenceSquared) && double.IsFinite(SumSquared);

    /// <summary>‖u‖.</summary>
    public double FirstNorm => Math.Sqrt(FirstSquared);

    /// <summary>‖v‖.</summary>
    public double SecondNorm => Math.Sqrt(SecondSquared);

    /// <summary>u · v = (‖u + v‖² - ‖u - v‖²) / 4.</summary>
    public double Dot => (SumSquared - DifferenceSquared) / 4;

    /// <summary>
    /// Angle between u and v in radians, in [0, π]; NaN where one of them is zero. With û = u/‖u‖ and v̂ = v/‖v‖ it is
    /// 2·atan2(‖û - v̂‖, ‖û + v̂‖) (W. Kahan, "How Futile are Mindless Assessments of Roundoff", 2006, §12), where
    /// ‖û ∓ v̂‖² = (‖u ∓ v‖² - (‖u‖ - ‖v‖)²) / (‖u‖·‖v‖) needs no second pass.
    /// </summary>
    public double Angle
    {
        get
        {
            double u = FirstNorm;
            double v = SecondNorm;
            if (!(u > 0) || !(v > 0))
            {
                return double.NaN;
            }

            double apart = DifferenceSquared - ((u - v) * (u - v)); // = ‖u‖‖v‖·‖û - v̂‖²
            double together = SumSquared - ((u - v) * (u - v)); // = ‖u‖‖v‖·‖û + v̂‖²
            return 2 * Math.Atan2(Math.Sqrt(Math.Max(apart, 0)), Math.Sqrt(Math.Max(together, 0)));
        }
    }

    /// <summary>Cosine of the angle, in [-1, 1]; NaN where one vector is zero.</summary>
    public double Cosine => Math.Cos(Angle);

    /// <summary>Adds the sums of two parts of the vectors.</summary>
    public static PairSums operator +(PairSums left, PairSums right) => new(
        left.FirstSquared + right.FirstSquared,
        left.SecondSquared + right.SecondSquared,
        left.DifferenceSquared + right.DifferenceSquared,
        left.SumSquared + right.SumSquared);

    /// <summary>The same as <c>+</c>.</summary>
    public static PairSums Add(PairSums left, PairSums right) => left + right;
}
