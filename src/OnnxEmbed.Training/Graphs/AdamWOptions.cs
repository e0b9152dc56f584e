namespace OnnxEmbed.Training.Graphs;

/// <summary>
/// AdamW as PyTorch defines it (Loshchilov and Hutter, https://arxiv.org/abs/1711.05101, algorithm 2;
/// https://docs.pytorch.org/docs/2.10/generated/torch.optim.AdamW.html): decoupled decay, bias correction, epsilon outside the root.
/// </summary>
public sealed record AdamWOptions
{
    /// <summary>Decay of the first moment.</summary>
    /// <value>0.9 unless set, in [0, 1).</value>
    public double Beta1 { get; init; } = 0.9;

    /// <summary>Decay of the second moment.</summary>
    /// <value>0.999 unless set, in [0, 1).</value>
    public double Beta2 { get; init; } = 0.999;

    /// <summary>Added to the root of the second moment.</summary>
    /// <value>1e-8 unless set, above 0.</value>
    public double Epsilon { get; init; } = 1e-8;

    /// <summary>Decoupled weight decay of matrices; biases, norms and other vectors do not decay.</summary>
    /// <value>0.01 unless set, at least 0.</value>
    public double WeightDecay { get; init; } = 0.01;

    /// <summary>Gradients are scaled down so that their joint L2 norm is at most this; 0 leaves them as they are.</summary>
    /// <value>1 unless set, at least 0.</value>
    public double MaxGradientNorm { get; init; } = 1;

    /// <summary>What is out of range, one text each.</summary>
    internal IEnumerable<string> Faults()
    {
        string?[] faults =
        [
            Beta1 is >= 0 and < 1 ? null : FormattableString.Invariant($"--beta1: needs a number in [0, 1), got {Beta1}"),
            Beta2 is >= 0 and < 1 ? null : FormattableString.Invariant($"--beta2: needs a number in [0, 1), got {Beta2}"),
            Epsilon > 0 && double.IsFinite(Epsilon) ? null
                : FormattableString.Invariant($"--epsilon: needs a number above 0, got {Epsilon}"),
            WeightDecay >= 0 && double.IsFinite(WeightDecay) ? null
                : FormattableString.Invariant($"--weight-decay: needs a number of at least 0, got {WeightDecay}"),
            MaxGradientNorm >= 0 ? null : FormattableString.Invariant($"--clip: needs a number of at least 0, got {MaxGradientNorm}"),
        ];
        return faults.OfType<string>();
    }
}
