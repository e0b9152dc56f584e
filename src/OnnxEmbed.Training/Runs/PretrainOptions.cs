using OnnxEmbed.Training.Objectives;

namespace OnnxEmbed.Training.Runs;

/// <summary>Options of <see cref="Pretrain"/>.</summary>
public sealed record PretrainOptions : RunOptions
{
    /// <summary>clm for a causal model, mlm for a bidirectional one.</summary>
    /// <value>Null for the one that the architecture is made for.</value>
    public string? Objective { get; init; }

    /// <summary>Column of the texts.</summary>
    /// <value>text unless set.</value>
    public string TextColumn { get; init; } = "text";

    /// <summary>Share of the tokens that masked language modelling hides.</summary>
    /// <value>0.15 unless set, in (0, 1).</value>
    public double MaskProbability { get; init; } = 0.15;

    /// <inheritdoc/>
    private protected override IEnumerable<string> Faults()
    {
        foreach (string fault in base.Faults())
        {
            yield return fault;
        }

        if (MaskProbability is not (> 0 and < 1))
        {
            yield return FormattableString.Invariant($"--mask-probability: needs a number in (0, 1), got {MaskProbability}");
        }

        if (Objective is not null && !Losses.OfTokens.Any(loss => loss.Name == Objective))
        {
            yield return $"--objective: needs one of {string.Join(", ", Losses.OfTokens.Select(loss => loss.Name))}, got {Objective}";
        }
    }
}
