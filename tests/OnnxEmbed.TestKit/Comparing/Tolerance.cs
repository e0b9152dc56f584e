using OnnxEmbed.Tensors;

namespace OnnxEmbed.TestKit.Comparing;

/// <summary>
/// How far two numbers may lie apart: |actual - expected| ≤ <paramref name="Absolute"/> + <paramref name="Relative"/> · |expected|.
/// The values that tests share stand here, once, with their reasons.
/// </summary>
public readonly record struct Tolerance(double Absolute, double Relative)
{
    /// <summary>No difference at all; NaN equals NaN.</summary>
    public static Tolerance Exact { get; } = new(0, 0);

    /// <summary>f64: 2⁻⁵² = 2.2e-16 a rounding, some thousand roundings in a row, no cancellation worse than 1e3.</summary>
    public static Tolerance Double { get; } = new(1e-12, 1e-10);

    /// <summary>f32: 2⁻²³ = 1.2e-7 a rounding, a sum over some hundred products.</summary>
    public static Tolerance Single { get; } = new(1e-5, 1e-5);

    /// <summary>f16: 2⁻¹⁰ = 9.8e-4 a rounding, few in a row.</summary>
    public static Tolerance Half { get; } = new(2e-3, 2e-3);

    /// <summary>bf16: 2⁻⁷ = 7.8e-3 a rounding, few in a row.</summary>
    public static Tolerance BFloat { get; } = new(1.6e-2, 1.6e-2);

    /// <summary>
    /// Analytic against numeric gradients in f64: with step h and one Richardson step the truncation is O(h⁴) and the rounding of the
    /// loss costs 2⁻⁵²/h; at h = 1e-3 both stay near 1e-12, so 1e-6 leaves room for curvature and still finds any wrong factor. The
    /// relative part refers to the size of the terms summed, see the gradient check.
    /// </summary>
    public static Tolerance Gradient { get; } = new(1e-9, 1e-6);

    /// <summary>The tolerance for results of a type.</summary>
    /// <exception cref="NotSupportedException">The type is not a number.</exception>
    public static Tolerance Of(ElementType type) => type switch
    {
        ElementType.Float64 => Double,
        ElementType.Float32 => Single,
        ElementType.Float16 => Half,
        ElementType.BFloat16 => BFloat,
        ElementType.String or ElementType.Undefined => throw new NotSupportedException($"no tolerance for {type}"),
        _ => Exact,
    };

    /// <summary>Whether the two lie within the tolerance; equal infinities and two NaNs do.</summary>
    public bool Allows(double expected, double actual) =>
        expected.Equals(actual) || expected == actual || Math.Abs(actual - expected) <= Absolute + (Relative * Math.Abs(expected));
}
