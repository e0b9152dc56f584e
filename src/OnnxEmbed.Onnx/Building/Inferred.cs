using OnnxEmbed.Tensors;

namespace OnnxEmbed.Onnx.Building;

/// <summary>What shape inference says of one output: type, shape and, for small integer tensors, the elements.</summary>
internal sealed record Inferred(ElementType Type, SymbolicShape Shape, IReadOnlyList<Dim>? Contents = null);
