using OnnxEmbed.Tensors;

namespace OnnxEmbed.Merging.Adapters.Extracting;

/// <summary>Which two models an adapter is extracted from, and how.</summary>
public sealed record ExtractOptions
{
    /// <summary>The model that the adapter shall be added to.</summary>
    public required MergeInput Base { get; init; }

    /// <summary>The model that the base with the adapter shall come near.</summary>
    public required MergeInput Tuned { get; init; }

    /// <summary>Most values kept of each layer; null for no limit but <see cref="Energy"/>.</summary>
    public int? Rank { get; init; }

    /// <summary>
    /// Share of ‖ΔW‖² of each layer that is kept at least, (0, 1], unless <see cref="Rank"/> ends it; null for exactly the rank.
    /// </summary>
    public double? Energy { get; init; }

    /// <summary>Names or name endings of the layers; empty for all that changed.</summary>
    public IReadOnlyList<string> Targets { get; init; } = [];

    /// <summary>Whether changed tensors without a low-rank form (biases, normalisations) are stored whole.</summary>
    public bool KeepWhole { get; init; }

    /// <summary>Element type of the factors.</summary>
    /// <value>Default f32.</value>
    public ElementType ElementType { get; init; } = ElementType.Float32;

    /// <summary>Directory to write.</summary>
    public required string Output { get; init; }

    /// <summary>Whether an existing output is replaced.</summary>
    public bool Force { get; init; }

    /// <summary>Threads at work, 1 or more. The result does not depend on it.</summary>
    public required int DegreeOfParallelism { get; init; }
}
