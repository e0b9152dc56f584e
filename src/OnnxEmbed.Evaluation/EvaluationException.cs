using OnnxEmbed.Tensors;

namespace OnnxEmbed.Evaluation;

/// <summary>The data given cannot be evaluated as asked: too few labels, lengths that differ, values that are not finite.</summary>
/// <param name="message">What was needed and what was found, in one line.</param>
public sealed class EvaluationException(string message) : DataException(message);
