namespace OnnxEmbed.Merging.Methods.TaskVectors;

/// <summary>How the models agree on the sign of an element; what has the other sign takes no part. A tie elects +.</summary>
internal enum Election
{
    /// <summary>They need not agree.</summary>
    None,

    /// <summary>The sign of the sum of the weighted task vectors.</summary>
    WeightedSum,

    /// <summary>The sign of the sum of the task vectors.</summary>
    PlainSum,
}
