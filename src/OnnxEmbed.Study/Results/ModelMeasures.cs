namespace OnnxEmbed.Study.Results;

/// <summary>One model of one family, property and seed.</summary>
public sealed record ModelMeasures
{
    /// <summary>Short name of the family.</summary>
    public required string Family { get; init; }

    /// <summary>The property that the model was trained on.</summary>
    public required string Property { get; init; }

    /// <summary>Seed of the training.</summary>
    public required int Seed { get; init; }

    /// <summary>On items of the training range that share no element with the training items.</summary>
    public required SplitMeasures Test { get; init; }

    /// <summary>On items of other magnitudes.</summary>
    public required SplitMeasures OodMagnitude { get; init; }

    /// <summary>Retained base structure: debiased linear CKA to the frozen decoder's embeddings of the test items, at most 1; null for encoders.</summary>
    public double? BaseCka { get; init; }

    /// <summary>Mean cosine of all pairs of test embeddings, [-1, 1]; near 1 the embeddings fill a narrow cone.</summary>
    public required double MeanCosine { get; init; }

    /// <summary>Largest angle between merged tensors, in degrees; null where nothing was merged.</summary>
    public double? LargestAngleDegrees { get; init; }
}
