using OnnxEmbed.Tensors;
using OnnxEmbed.Training.Graphs;
using OnnxEmbed.Training.Stepping;

namespace OnnxEmbed.Training.Runs;

/// <summary>What pre-training and fine-tuning have in common.</summary>
public abstract record RunOptions
{
    /// <summary>Directory of the model package to start from.</summary>
    public required string Package { get; init; }

    /// <summary>Parquet file with the training rows.</summary>
    public required string Data { get; init; }

    /// <summary>The run directory to write.</summary>
    public required string Out { get; init; }

    /// <summary>Parquet file with held-out rows.</summary>
    /// <value>Null to take <see cref="ValidationFraction"/> of the training rows.</value>
    public string? Validation { get; init; }

    /// <summary>Share of the rows of <see cref="Data"/> that is held out where <see cref="Validation"/> is null.</summary>
    /// <value>0 unless set, in [0, 0.5].</value>
    public double ValidationFraction { get; init; }

    /// <summary>Rows in a batch: texts, or tuples of texts.</summary>
    /// <value>64 unless set, at least 1.</value>
    public int BatchSize { get; init; } = 64;

    /// <summary>Longer texts are cut, in tokens.</summary>
    /// <value>Null for the package's own limit.</value>
    public int? MaxLength { get; init; }

    /// <summary>Passes over the data where <see cref="Steps"/> is null.</summary>
    /// <value>1 unless set, at least 1.</value>
    public int Epochs { get; init; } = 1;

    /// <summary>Updates to make.</summary>
    /// <value>Null for <see cref="Epochs"/> passes.</value>
    public long? Steps { get; init; }

    /// <summary>Training ends after this many minutes even if updates remain; the schedule does not know of it.</summary>
    /// <value>Null for no limit.</value>
    public double? MaxMinutes { get; init; }

    /// <summary>Learning rate after the warm-up.</summary>
    /// <value>Null for the default of the kind of training.</value>
    public double? LearningRate { get; init; }

    /// <summary>constant, linear or cosine; <see cref="LearningRateSchedule"/>.</summary>
    public string Schedule { get; init; } = "cosine";

    /// <summary>Warm-up: a share of all updates where below 1, otherwise a number of updates.</summary>
    /// <value>0.05 unless set, at least 0.</value>
    public double Warmup { get; init; } = 0.05;

    /// <summary>Settings of AdamW and of clipping.</summary>
    public AdamWOptions Optimizer { get; init; } = new();

    /// <summary>Seeds batches, masks and fresh weights.</summary>
    public ulong Seed { get; init; }

    /// <summary>Threads within an operator; the result does not depend on it.</summary>
    /// <value>0 for one for each physical core.</value>
    public int Threads { get; init; }

    /// <summary>A checkpoint is written every so many updates; 0 for none.</summary>
    /// <value>500 unless set.</value>
    public int CheckpointEvery { get; init; } = 500;

    /// <summary>Whether an existing run directory is replaced.</summary>
    public bool Force { get; init; }

    /// <summary>
    /// Whether the run in <see cref="Out"/> is taken up from its last checkpoint, or from the start where it has none. All options that decide
    /// the result must be those that it began with.
    /// </summary>
    public bool Resume { get; init; }

    /// <summary>Every fault of the options, one text each.</summary>
    private protected virtual IEnumerable<string> Faults()
    {
        string?[] faults =
        [
            ValidationFraction is >= 0 and <= 0.5 ? null
                : FormattableString.Invariant($"--validation-fraction: needs a number in [0, 0.5], got {ValidationFraction}"),
            BatchSize >= 1 ? null : $"--batch-size: needs at least 1, got {BatchSize}",
            MaxLength is null or >= 3 ? null : $"--max-length: needs at least 3, got {MaxLength}",
            Epochs >= 1 ? null : $"--epochs: needs at least 1, got {Epochs}",
            Steps is null or >= 1 ? null : $"--steps: needs at least 1, got {Steps}",
            MaxMinutes is null or > 0 ? null : FormattableString.Invariant($"--max-minutes: needs a number above 0, got {MaxMinutes}"),
            LearningRate is null or (> 0 and < double.PositiveInfinity) ? null
                : FormattableString.Invariant($"--learning-rate: needs a number above 0, got {LearningRate}"),
            LearningRateSchedule.Knows(Schedule) ? null : LearningRateSchedule.Fault(Schedule),
            Warmup >= 0 && double.IsFinite(Warmup) ? null
                : FormattableString.Invariant($"--warmup: needs a number of at least 0, got {Warmup}"),
            Threads >= 0 ? null : $"--threads: needs at least 0, got {Threads}",
            CheckpointEvery >= 0 ? null : $"--checkpoint-every: needs at least 0, got {CheckpointEvery}",
            Resume && Force ? "--resume and --force: need one of them, got both" : null,
        ];
        return faults.OfType<string>().Concat(Optimizer.Faults());
    }

    /// <summary>Throws where an option is out of range.</summary>
    /// <exception cref="OptionException">Lists all faults.</exception>
    internal void Validate()
    {
        string[] faults = [.. Faults()];
        if (faults.Length > 0)
        {
            throw new OptionException(string.Join("; ", faults));
        }

        if (!Resume)
        {
            AtomicOutput.RefuseExistingDirectory(Out, Force);
        }
    }

    /// <summary>The schedule over a number of updates.</summary>
    internal LearningRateSchedule ScheduleOf(long totalSteps)
    {
        long warmup = Warmup < 1 ? (long)Math.Round(Warmup * totalSteps) : (long)Math.Round(Warmup);
        return new LearningRateSchedule(Schedule, LearningRate!.Value, Math.Min(warmup, totalSteps), totalSteps);
    }
}
