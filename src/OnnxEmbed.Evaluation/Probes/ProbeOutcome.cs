namespace OnnxEmbed.Evaluation.Probes;

/// <summary>What the held-out probes said of each item.</summary>
/// <param name="Folds">Number of folds; 0 when a training split was given.</param>
/// <param name="TrainRows">Items of the training split, or n.</param>
/// <param name="Predictions">Label [n] that the linear probe gives each item, none of which it was fitted on.</param>
/// <param name="NeighborPredictions">Label [n] voted by k-NN; empty if k-NN was not asked for.</param>
/// <param name="LogLosses">-ln p(true label) [n] of the linear probe.</param>
/// <param name="MajorityAccuracy">Accuracy of the most frequent training label.</param>
/// <param name="ChanceAccuracy">Expected accuracy of guessing with the training frequencies.</param>
/// <param name="Converged">Whether every fit reached its optimum.</param>
public sealed record ProbeOutcome(
    int Folds,
    int TrainRows,
    int[] Predictions,
    int[] NeighborPredictions,
    double[] LogLosses,
    double MajorityAccuracy,
    double ChanceAccuracy,
    bool Converged);
