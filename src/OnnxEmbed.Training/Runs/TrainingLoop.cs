using OnnxEmbed.Training.Batching;
using OnnxEmbed.Training.Stepping;

namespace OnnxEmbed.Training.Runs;

/// <summary>Update after update: batch, step, log line, progress, checkpoint.</summary>
/// <param name="trainer">Runs the updates.</param>
/// <param name="source">Gives the batches.</param>
/// <param name="options">Length, schedule, checkpoints.</param>
/// <param name="run">Takes log and checkpoints.</param>
/// <param name="saveWeights">Writes the trained weights of a checkpoint into a directory.</param>
/// <param name="time">Measures.</param>
internal sealed class TrainingLoop(
    Trainer trainer, IBatchSource source, RunOptions options, RunDirectory run, Action<string> saveWeights, TimeProvider time)
{
    private const int FirstLosses = 10;
    private const int FinalLosses = 50;

    private readonly long _total = options.Steps ?? ((long)options.Epochs * source.BatchesPerEpoch);

    /// <summary>Trains from the run's start to the last update, or to the limit of time.</summary>
    /// <exception cref="RunStoppedException">Asked to stop; a checkpoint of the last update is written.</exception>
    /// <exception cref="DivergedException">A loss is not finite.</exception>
    public LoopOutcome Run(IProgress<TrainingProgress>? progress, CancellationToken cancellation)
    {
        LearningRateSchedule schedule = options.ScheduleOf(_total);
        List<double> losses = [.. run.EarlierLosses];
        long tokens = run.Start?.Tokens ?? 0;
        long step = run.Start?.Step ?? 0;
        (long firstStep, long firstTokens, double earlier) = (step, tokens, run.Start?.Seconds ?? 0);
        long start = time.GetTimestamp();
        for (; step < _total && !OutOfTime(start); step++)
        {
            if (cancellation.IsCancellationRequested)
            {
                Save(step, tokens, earlier + time.GetElapsedTime(start).TotalSeconds);
                throw new RunStoppedException(options.Out, step, cancellation);
            }

            long before = time.GetTimestamp();
            TrainingBatch batch = source.Batch((int)(step / source.BatchesPerEpoch), (int)(step % source.BatchesPerEpoch));
            double rate = schedule.At(step);
            StepResult result = trainer.Step(batch, rate);
            tokens += batch.TokenCount;
            losses.Add(result.Loss);

            double elapsed = time.GetElapsedTime(start).TotalSeconds;
            TrainingProgress now = new(
                step + 1,
                _total,
                (step + 1) / (double)source.BatchesPerEpoch,
                result.Loss,
                rate,
                result.GradientNorm,
                (tokens - firstTokens) / Math.Max(elapsed, 1e-9),
                TimeLeft(elapsed, elapsed / (step + 1 - firstStep) * (_total - step - 1)));
            run.Log(now, batch.TokenCount / Math.Max(time.GetElapsedTime(before).TotalSeconds, 1e-9));
            progress?.Report(now);
            if (options.CheckpointEvery > 0 && (step + 1) % options.CheckpointEvery == 0)
            {
                Save(step + 1, tokens, earlier + time.GetElapsedTime(start).TotalSeconds);
            }
        }

        return new LoopOutcome(
            step,
            step / (double)source.BatchesPerEpoch,
            tokens,
            earlier + time.GetElapsedTime(start).TotalSeconds,
            losses.Take(FirstLosses).DefaultIfEmpty(double.NaN).Average(),
            losses.TakeLast(FinalLosses).DefaultIfEmpty(double.NaN).Average());
    }

    private TimeSpan TimeLeft(double elapsedSeconds, double remainingSeconds) => TimeSpan.FromSeconds(
        options.MaxMinutes is { } limit ? Math.Clamp((60 * limit) - elapsedSeconds, 0, remainingSeconds) : remainingSeconds);

    private bool OutOfTime(long start) => options.MaxMinutes is { } limit && time.GetElapsedTime(start).TotalMinutes >= limit;

    /// <summary>Weights, moments and the place in the data, all that is needed to take the run up again.</summary>
    private void Save(long step, long tokens, double seconds) => run.SaveCheckpoint(step, directory =>
    {
        saveWeights(directory);
        Checkpoint.WriteState(directory, trainer, step, tokens, seconds, options.Seed);
    });
}
