namespace OnnxEmbed.Data.Numbers;

/// <summary>What a property declares for its leak audit: the largest AUC that probes without access to the property may reach.</summary>
/// <param name="Magnitude">For probes on length, character count and logarithms of the elements without their order; in [0.5, 1].</param>
/// <param name="Digits">For probes on digit counts, first digits and last digits without their order; 1 for a property that digits
/// show by its nature (a surface property).</param>
public sealed record LeakBounds(double Magnitude = LeakBounds.DefaultMagnitude, double Digits = LeakBounds.DefaultDigits)
{
    /// <summary>Bound on magnitude probes where a property declares no other.</summary>
    public const double DefaultMagnitude = 0.55;

    /// <summary>Bound on digit probes where a property declares no other.</summary>
    public const double DefaultDigits = 0.60;

    /// <summary>Bounds of a property that digits show by its nature.</summary>
    public static LeakBounds Surface { get; } = new(Digits: 1);

    /// <summary>Whether digits may show the property.</summary>
    public bool IsSurface => Digits >= 1;
}
