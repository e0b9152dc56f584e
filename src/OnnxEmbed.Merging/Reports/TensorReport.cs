namespace OnnxEmbed.Merging.Reports;

/// <summary>What was done with one tensor.</summary>
/// <param name="Name">Name of the initializer.</param>
/// <param name="Type">Element type and shape, as in <c>f32[128, 64]</c>.</param>
/// <param name="Action">What was done and why, as in <c>slerp</c> or <c>copied: t = 0</c>.</param>
public sealed record TensorReport(string Name, string Type, string Action)
{
    /// <summary>Bytes that it takes in the result; 0 where they are another tensor's.</summary>
    public long Bytes { get; init; }

    /// <summary>
    /// Values (double, bool or string) of the parameters that differ by tensor: one of a parameter of the whole, one for each model of a
    /// parameter of the models; empty where none differ.
    /// </summary>
    public IReadOnlyList<(string Name, IReadOnlyList<object> Values)> Parameters { get; init; } = [];

    /// <summary>Factor of each model, the base first where there is one; empty for a copy and for a formula of the elements.</summary>
    public IReadOnlyList<double> Factors { get; init; } = [];

    /// <summary>What the method computed for this tensor, such as a ratio or a threshold, by name.</summary>
    public IReadOnlyDictionary<string, double> Figures { get; init; } = new Dictionary<string, double>();

    /// <summary>Euclidean norm in each model, the base first where there is one; empty for tensors that are not floating-point.</summary>
    public IReadOnlyList<double> Norms { get; init; } = [];

    /// <summary>Euclidean norm of the result; null for tensors that are not floating-point.</summary>
    public double? OutputNorm { get; init; }

    /// <summary>Elements in which the result differed from the first model's before it was rounded; 0 for a copy.</summary>
    public long Changed { get; init; }

    /// <summary>Those of them that rounding to the output's type set back to the first model's value.</summary>
    public long Erased { get; init; }

    /// <summary>Share of the update that rounding erased, in [0, 1]; null where there is no update.</summary>
    public double? ErasedShare => Changed == 0 ? null : (double)Erased / Changed;

    /// <summary>Cosine between the first model (the base where there is one) and each later one; null where there is no angle.</summary>
    public IReadOnlyList<double?> Cosines { get; init; } = [];

    /// <summary>
    /// Angle between the first model (the base where there is one) and each later one in degrees, [0, 180]; null where there is none.
    /// </summary>
    public IReadOnlyList<double?> AnglesDegrees { get; init; } = [];

    /// <summary>Number of NaN and infinite values in each model; empty where all are finite.</summary>
    public IReadOnlyList<long> NonFinite { get; init; } = [];

    /// <summary>What the user should know; null for nothing.</summary>
    public string? Warning { get; init; }
}
