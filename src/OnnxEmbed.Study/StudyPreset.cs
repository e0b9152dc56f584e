using OnnxEmbed.Data.Numbers;

namespace OnnxEmbed.Study;

/// <summary>The sizes of a study.</summary>
public sealed record StudyPreset
{
    /// <summary>Name of the preset.</summary>
    public required string Name { get; init; }

    /// <summary>Properties of the number-theory suite, from surface to compositional.</summary>
    public required IReadOnlyList<string> Properties { get; init; }

    /// <summary>Trainings of each family and property, with seeds 0, 1, …</summary>
    public required int Seeds { get; init; }

    /// <summary>Pairs of items that training sees.</summary>
    public required int TrainPairs { get; init; }

    /// <summary>Pairs of training items on which probes are fitted, at most <see cref="TrainPairs"/>.</summary>
    public required int ProbePairs { get; init; }

    /// <summary>Pairs of items in each test split.</summary>
    public required int TestPairs { get; init; }

    /// <summary>Elements of a sequence.</summary>
    public required int Length { get; init; }

    /// <summary>Digits of the elements that training sees.</summary>
    public required DigitRange Digits { get; init; }

    /// <summary>Digits of the elements of the ood-magnitude split.</summary>
    public required DigitRange OodDigits { get; init; }

    /// <summary>Updates of each training.</summary>
    public required int Steps { get; init; }

    /// <summary>Items in a batch.</summary>
    public required int BatchSize { get; init; }

    /// <summary>Peak learning rate where all weights are trained.</summary>
    public required double FullLearningRate { get; init; }

    /// <summary>Peak learning rate of an adapter.</summary>
    public required double LoraLearningRate { get; init; }

    /// <summary>Rank of an adapter; its alpha is twice that.</summary>
    public required int LoraRank { get; init; }

    /// <summary>Places on the way from base to adapter, beside 0 and 1.</summary>
    public required IReadOnlyList<double> CurvePoints { get; init; }

    /// <summary>Label permutations behind a p-value.</summary>
    public required int Permutations { get; init; }
}
