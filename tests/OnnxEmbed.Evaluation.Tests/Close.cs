namespace OnnxEmbed.Evaluation.Tests;

/// <summary>Comparison of values in double.</summary>
internal static class Close
{
    /// <summary>
    /// Both sides accumulate in double from the same float32 inputs; the goldens' own rounding, on rows far from the origin, is the largest
    /// part of this. Relative above 1, absolute below.
    /// </summary>
    public const double Tolerance = 1e-6;

    public static void Equal(double expected, double actual, double tolerance = Tolerance)
    {
        if (!(Math.Abs(expected - actual) <= tolerance * Math.Max(1, Math.Abs(expected))))
            Assert.Fail(FormattableString.Invariant($"expected {expected:R}, got {actual:R}: apart by {Math.Abs(expected - actual):E2}"));
    }

    public static void Equal(IReadOnlyList<double> expected, IReadOnlyList<double> actual, double tolerance = Tolerance)
    {
        Assert.Equal(expected.Count, actual.Count);
        int worst = -1;
        double apart = 0;
        for (int i = 0; i < expected.Count; i++)
        {
            double error = Math.Abs(expected[i] - actual[i]) / Math.Max(1, Math.Abs(expected[i]));
            if (!(error <= apart))
                (worst, apart) = (i, error);
        }

        if (!(apart <= tolerance))
        {
            Assert.Fail(FormattableString.Invariant(
                $"worst at {worst}: expected {expected[worst]:R}, got {actual[worst]:R}, apart by {apart:E2}"));
        }
    }
}
