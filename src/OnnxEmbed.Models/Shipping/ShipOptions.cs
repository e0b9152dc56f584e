using OnnxEmbed.Models.Packages;
using OnnxEmbed.Tensors;

namespace OnnxEmbed.Models.Shipping;

/// <summary>What <see cref="Ship.Run"/> shall do.</summary>
public sealed record ShipOptions
{
    /// <summary>The package to lay out.</summary>
    public required ModelPackage Package { get; init; }

    /// <summary>Name of the consumer, one of <see cref="Ship.Targets"/>.</summary>
    public required string Target { get; init; }

    /// <summary>Directory that shall appear.</summary>
    public required string Output { get; init; }

    /// <summary>Forms of the model beside the one in f32; null for those that the consumer usually has.</summary>
    public IReadOnlyList<ModelVariant>? Variants { get; init; }

    /// <summary>Threads that the checks run on.</summary>
    public int Threads { get; init; } = 1;

    /// <summary>Whether a directory of that name is replaced.</summary>
    public bool Force { get; init; }
}
