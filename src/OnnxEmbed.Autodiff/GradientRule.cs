using OnnxEmbed.Onnx.Building;

namespace OnnxEmbed.Autodiff;

/// <summary>
/// Vector-Jacobian product of one operator: for each input a function that emits its cotangent, or <see langword="null"/> where the operator
/// does not depend on the input smoothly (indices, shapes, masks). The walker calls only the functions it needs. A cotangent has the shape
/// of the node's output or of the input; the walker sums what was broadcast.
/// </summary>
internal delegate Func<Value>?[] GradientRule(GradientContext context);
