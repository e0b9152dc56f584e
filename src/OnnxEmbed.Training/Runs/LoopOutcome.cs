namespace OnnxEmbed.Training.Runs;

/// <summary>What the updates of a run gave.</summary>
/// <param name="Steps">Updates made.</param>
/// <param name="Epochs">Passes over the data.</param>
/// <param name="Tokens">Tokens without padding.</param>
/// <param name="Seconds">Time.</param>
/// <param name="FirstLoss">Mean of the first losses.</param>
/// <param name="FinalLoss">Mean of the last losses.</param>
internal sealed record LoopOutcome(long Steps, double Epochs, long Tokens, double Seconds, double FirstLoss, double FinalLoss);
