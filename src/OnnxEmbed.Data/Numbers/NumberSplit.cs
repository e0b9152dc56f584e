namespace OnnxEmbed.Data.Numbers;

/// <summary>The splits of the number-theory suite.</summary>
public enum NumberSplit
{
    /// <summary>For fitting: <c>train.parquet</c>.</summary>
    Train,

    /// <summary>For choosing checkpoints and settings: <c>validation.parquet</c>.</summary>
    Validation,

    /// <summary>For the figures that are reported, of the same magnitudes as train: <c>test.parquet</c>.</summary>
    Test,

    /// <summary>
    /// For the figures that are reported, with more digits than any element of the other splits: <c>ood-magnitude.parquet</c>.
    /// </summary>
    OodMagnitude,
}
