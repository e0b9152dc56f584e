using OnnxEmbed.Tensors;

namespace OnnxEmbed.Merging.Adapters.Combining;

/// <summary>Which adapters become one, how, and where to.</summary>
public sealed record CombineOptions
{
    /// <summary>The method, from <see cref="CombinationMethods"/>.</summary>
    public required CombinationMethod Method { get; init; }

    /// <summary>Adapter directories, or runs that hold one.</summary>
    public required IReadOnlyList<string> Adapters { get; init; }

    /// <summary>Weight of each; empty for 1 each.</summary>
    public IReadOnlyList<double> Weights { get; init; } = [];

    /// <summary>Rank of the result where the method cuts; null for the largest rank that goes in.</summary>
    public int? Rank { get; init; }

    /// <summary>Share of each change that is kept where the method thins out, [0, 1]; null where it does not.</summary>
    public double? Density { get; init; }

    /// <summary>Seed of what is kept at random.</summary>
    public ulong Seed { get; init; }

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
