namespace OnnxEmbed.Evaluation.Probes;

/// <summary>Where a minimisation ended.</summary>
internal readonly record struct LbfgsResult(double[] Point, double Value, int Iterations, bool Converged);
