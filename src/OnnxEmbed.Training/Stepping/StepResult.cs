namespace OnnxEmbed.Training.Stepping;

/// <summary>What one training step gave.</summary>
/// <param name="Loss">The loss before the update.</param>
/// <param name="GradientNorm">Joint L2 norm of the gradients before clipping.</param>
public readonly record struct StepResult(double Loss, double GradientNorm);
