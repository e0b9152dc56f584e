namespace OnnxEmbed.Tensors;

/// <summary>What rounding made of a result, beside the vector that it is an update of.</summary>
/// <param name="SquaredNorm">Σ w² of what was written, w.</param>
/// <param name="Changed">Elements that differed from the vector before they were rounded.</param>
/// <param name="Erased">Those of them that rounding gave the value which the vector alone would have been written as.</param>
public readonly record struct RoundedSums(double SquaredNorm, long Changed, long Erased)
{
    /// <summary>Share of the update that rounding erased, in [0, 1]; null where there is no update.</summary>
    public double? ErasedShare => Changed == 0 ? null : (double)Erased / Changed;

    /// <summary>Adds the sums of two parts of a result.</summary>
    public static RoundedSums operator +(RoundedSums left, RoundedSums right) =>
        new(left.SquaredNorm + right.SquaredNorm, left.Changed + right.Changed, left.Erased + right.Erased);

    /// <summary>The same as <c>+</c>.</summary>
    public static RoundedSums Add(RoundedSums left, RoundedSums right) => left + right;
}
