namespace OnnxEmbed.Training.Runs;

/// <summary>Where a run stands, reported after each update.</summary>
/// <param name="Step">Updates made.</param>
/// <param name="TotalSteps">Updates to make.</param>
/// <param name="Epoch">Passes over the data, with fraction.</param>
/// <param name="Loss">Loss of the last batch.</param>
/// <param name="LearningRate">Learning rate of the last update.</param>
/// <param name="GradientNorm">Norm of the last gradient before clipping.</param>
/// <param name="TokensPerSecond">Tokens without padding per second since the start.</param>
/// <param name="TimeLeft">Estimate from the mean time of an update.</param>
public sealed record TrainingProgress(
    long Step,
    long TotalSteps,
    double Epoch,
    double Loss,
    double LearningRate,
    double GradientNorm,
    double TokensPerSecond,
    TimeSpan TimeLeft);
