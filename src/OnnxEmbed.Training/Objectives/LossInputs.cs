using OnnxEmbed.Onnx.Building;

namespace OnnxEmbed.Training.Objectives;

/// <summary>What a loss is built from. Axes: N texts or tokens, H hidden, V vocabulary.</summary>
/// <param name="Rows">Embeddings f32 [N, H], or logits f32 [N, V] for <see cref="LossKind.Tokens"/>.</param>
/// <param name="Labels">Classes or target tokens int64 [N]; null for <see cref="LossKind.Tuples"/>.</param>
/// <param name="Columns">Texts in a tuple: 2 for anchor and positive, 3 with a negative; 1 for the other kinds.</param>
/// <param name="Temperature">Divides similarities; the scale of a similarity is its reciprocal.</param>
internal sealed record LossInputs(Value Rows, Value? Labels, int Columns, double Temperature);
