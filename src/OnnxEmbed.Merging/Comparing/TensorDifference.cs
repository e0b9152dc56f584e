namespace OnnxEmbed.Merging.Comparing;

/// <summary>How a tensor differs between two models.</summary>
/// <param name="Name">Name of the initializer.</param>
/// <param name="Type">Element type and shape in the first model.</param>
/// <param name="ElementCount">Number of elements.</param>
/// <param name="Equal">Whether both models hold the same bytes.</param>
public sealed record TensorDifference(string Name, string Type, long ElementCount, bool Equal)
{
    /// <summary>Euclidean norm in the first model; null for tensors that are not floating-point.</summary>
    public double? FirstNorm { get; init; }

    /// <summary>Euclidean norm in the second model; null for tensors that are not floating-point.</summary>
    public double? SecondNorm { get; init; }

    /// <summary>Norm of the task vector, second minus first; null for tensors that are not floating-point.</summary>
    public double? DifferenceNorm { get; init; }

    /// <summary>Cosine of the angle between the two, in [-1, 1]; null where there is none.</summary>
    public double? Cosine { get; init; }

    /// <summary>Angle between the two in degrees, in [0, 180]; null where there is none.</summary>
    public double? AngleDegrees { get; init; }

    /// <summary>NaN and infinite values in both models together.</summary>
    public long NonFinite { get; init; }

    /// <summary><see cref="DifferenceNorm"/> / <see cref="FirstNorm"/>; null where the first is zero or not floating-point.</summary>
    public double? RelativeDifference => DifferenceNorm is { } difference && FirstNorm is > 0 and { } first ? difference / first : null;
}
