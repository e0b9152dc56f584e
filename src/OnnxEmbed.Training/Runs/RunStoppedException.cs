namespace OnnxEmbed.Training.Runs;

/// <summary>A run was asked to stop and has left a checkpoint to go on from.</summary>
/// <param name="run">The run directory.</param>
/// <param name="step">Updates made.</param>
/// <param name="token">What asked.</param>
public sealed class RunStoppedException(string run, long step, CancellationToken token)
    : OperationCanceledException($"stopped after update {step}; the same command with --resume goes on in {run}", token);
