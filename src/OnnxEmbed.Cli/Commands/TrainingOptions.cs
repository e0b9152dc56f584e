using System.Globalization;
using Cocona;
using OnnxEmbed.Cli.Hosting;
using OnnxEmbed.Cli.Output;
using OnnxEmbed.Training.Graphs;
using OnnxEmbed.Training.Runs;

namespace OnnxEmbed.Cli.Commands;

/// <summary>Options that <c>pretrain</c> and <c>train</c> share, and how both show what they do.</summary>
internal sealed class TrainingOptions : ICommandParameterSet
{
    [Option("data", Description = "Parquet file with the training rows.", ValueName = "FILE")]
    public string Data { get; set; } = string.Empty;

    [Option("out", ['o'], Description = "Run directory to write.", ValueName = "DIR")]
    public string Out { get; set; } = string.Empty;

    [Option("validation", Description = "Parquet file with held-out rows.", ValueName = "FILE")]
    [HasDefaultValue]
    public string? Validation { get; set; }

    [Option("validation-fraction", Description = "Share of the training rows to hold out where --validation is not given, in [0, 0.5].")]
    [HasDefaultValue]
    public double ValidationFraction { get; set; }

    [Option("batch-size", Description = "Rows in a batch.")]
    [HasDefaultValue]
    public int BatchSize { get; set; } = 64;

    [Option("max-length", Description = "Longer texts are cut, in tokens; the package's own limit unless given.")]
    [HasDefaultValue]
    public int? MaxLength { get; set; }

    [Option("epochs", Description = "Passes over the data where --steps is not given.")]
    [HasDefaultValue]
    public int Epochs { get; set; } = 1;

    [Option("steps", Description = "Updates to make.")]
    [HasDefaultValue]
    public long? Steps { get; set; }

    [Option("max-minutes", Description = "End after this many minutes even if updates remain.")]
    [HasDefaultValue]
    public double? MaxMinutes { get; set; }

    [Option("learning-rate", Description = "Learning rate after the warm-up; fits the kind of training unless given.")]
    [HasDefaultValue]
    public double? LearningRate { get; set; }

    [Option("schedule", Description = "constant, linear or cosine.", ValueName = "NAME")]
    [HasDefaultValue]
    public string Schedule { get; set; } = "cosine";

    [Option("warmup", Description = "Updates of warm-up; a share of all updates where below 1.")]
    [HasDefaultValue]
    public double Warmup { get; set; } = 0.05;

    [Option("weight-decay", Description = "AdamW's decoupled weight decay.")]
    [HasDefaultValue]
    public double WeightDecay { get; set; } = 0.01;

    [Option("max-grad-norm", Description = "Gradients are scaled down to this joint norm.")]
    [HasDefaultValue]
    public double MaxGradientNorm { get; set; } = 1;

    [Option("seed", Description = "Seed of batches, masks and fresh weights; the same seed gives the same losses.")]
    [HasDefaultValue]
    public ulong Seed { get; set; }

    [Option("threads", Description = "Threads; all cores unless given. Results do not depend on it.")]
    [HasDefaultValue]
    public int? Threads { get; set; }

    [Option("checkpoint-every", Description = "A checkpoint is written every so many updates; 0 for none.")]
    [HasDefaultValue]
    public int CheckpointEvery { get; set; } = 500;

    [Option("force", Description = "Replace the run directory if it exists.")]
    [HasDefaultValue]
    public bool Force { get; set; }

    [Option("resume", Description = "Take up the run in --out from its last checkpoint; the other options must be those it began with.")]
    [HasDefaultValue]
    public bool Resume { get; set; }

    /// <summary>The options of a run with those of this set filled in.</summary>
    public T Fill<T>(T options, Session session)
        where T : RunOptions
        => (T)((RunOptions)options with
        {
            Data = Data,
            Out = Out,
            Validation = Validation,
            ValidationFraction = ValidationFraction,
            BatchSize = BatchSize,
            MaxLength = MaxLength,
            Epochs = Epochs,
            Steps = Steps,
            MaxMinutes = MaxMinutes,
            LearningRate = LearningRate,
            Schedule = Schedule,
            Warmup = Warmup,
            Optimizer = new AdamWOptions { WeightDecay = WeightDecay, MaxGradientNorm = MaxGradientNorm },
            Seed = Seed,
            Threads = Threads ?? session.DefaultThreads,
            CheckpointEvery = CheckpointEvery,
            Force = Force,
            Resume = Resume,
        });

    /// <summary>Runs with progress on stderr and the result on stdout.</summary>
    public int Show(Session session, OutputOptions output, string verb, Func<IProgress<TrainingProgress>, RunResult> run)
    {
        RunResult done;
        using (ProgressLine line = new(session, output.Quiet))
        {
            done = run(new SynchronousProgress<TrainingProgress>(now => line.Report(
                verb,
                (double)now.Step / now.TotalSteps,
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"step {now.Step}/{now.TotalSteps}  loss {now.Loss:F4}  {now.TokensPerSecond:N0} tokens/s  {Time(now.TimeLeft)} left"))));
        }

        Result result = new Result()
            .Fact("out", Path.Combine(Out, done.Output))
            .Fact("steps", done.Steps)
            .Fact("epochs", done.Epochs)
            .Fact("tokens", done.Tokens)
            .Fact("seconds", done.Seconds)
            .Fact("tokens_per_second", done.TokensPerSecond)
            .Fact("parameters", done.Parameters)
            .Fact("trainable_parameters", done.TrainableParameters)
            .Fact("first_loss", done.FirstLoss)
            .Fact("final_loss", done.FinalLoss);
        if (done.ValidationLoss is { } validation)
        {
            result.Fact("validation_loss", validation);
        }

        if (done.ValidationPerplexity is { } perplexity)
        {
            result.Fact("validation_perplexity", perplexity);
        }

        result.Fact("truncated_texts", done.TruncatedTexts);
        ResultWriter.Write(session, output.ResultFormat, result);
        return ExitStatus.Done;
    }

    private static string Time(TimeSpan left) => left.ToString(left.TotalHours >= 1 ? @"h\:mm\:ss" : @"m\:ss", CultureInfo.InvariantCulture);
}
