namespace OnnxEmbed.Training.Runs;

/// <summary>What a run ended with; <c>result.json</c> of the run directory.</summary>
/// <param name="Output">The trained package or adapter, relative to the run directory: <c>model</c> or <c>adapter</c>.</param>
/// <param name="Steps">Updates made.</param>
/// <param name="Epochs">Passes over the data, with fraction.</param>
/// <param name="Tokens">Tokens without padding that were trained on.</param>
/// <param name="Seconds">Time of the updates.</param>
/// <param name="TokensPerSecond">Tokens per second.</param>
/// <param name="FirstLoss">Mean loss of the first 10 updates, or of all where there are fewer.</param>
/// <param name="FinalLoss">Mean loss of the last 50 updates, or of all where there are fewer.</param>
/// <param name="ValidationLoss">Loss on the held-out rows after the last update; null without any.</param>
/// <param name="ValidationPerplexity">e to the power of that, for losses over tokens.</param>
/// <param name="Parameters">Weights of the training graph.</param>
/// <param name="TrainableParameters">Weights that training changed.</param>
/// <param name="TruncatedTexts">Training texts that were cut to the maximum length.</param>
public sealed record RunResult(
    string Output,
    long Steps,
    double Epochs,
    long Tokens,
    double Seconds,
    double TokensPerSecond,
    double FirstLoss,
    double FinalLoss,
    double? ValidationLoss,
    double? ValidationPerplexity,
    long Parameters,
    long TrainableParameters,
    long TruncatedTexts);
