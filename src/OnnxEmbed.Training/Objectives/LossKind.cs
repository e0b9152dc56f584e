namespace OnnxEmbed.Training.Objectives;

/// <summary>What a loss is computed from, which decides what a batch holds.</summary>
public enum LossKind
{
    /// <summary>Logits for each token and a target token or -100 for each position.</summary>
    Tokens,

    /// <summary>One embedding and one class label for each text.</summary>
    Labels,

    /// <summary>
    /// One embedding for each text, the texts being columns of tuples: all anchors, then all positives, then all negatives.
    /// </summary>
    Tuples,
}
