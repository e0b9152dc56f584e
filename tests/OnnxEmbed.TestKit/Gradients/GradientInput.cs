using OnnxEmbed.Onnx.Building;

namespace OnnxEmbed.TestKit.Gradients;

/// <summary>One input of a function under test.</summary>
/// <param name="Domain">Where its elements are drawn from; also its type.</param>
/// <param name="Shape">Its extents; a text is a symbol that <see cref="GradientCase.Sizes"/> gives numbers.</param>
public sealed record GradientInput(Domain Domain, params Dim[] Shape);
