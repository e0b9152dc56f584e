using OnnxEmbed.Onnx.Building;

namespace OnnxEmbed.Autodiff.Tests.Gradients;

/// <summary>The ways in which the shapes of two operands can go together; B and S are symbols.</summary>
internal static class Broadcasting
{
    public static IReadOnlyList<(string Name, Dim[] Left, Dim[] Right)> Patterns { get; } =
    [
        ("equal", [2, 3], [2, 3]),
        ("scalars", [], []),
        ("scalar right", [2, 3], []),
        ("scalar left", [], [2, 3]),
        ("ones", [2, 3], [1, 1]),
        ("trailing", [2, 3], [3]),
        ("middle 1", [2, 3, 4], [2, 1, 4]),
        ("missing rank", [2, 3, 4], [3, 4]),
        ("missing rank and 1", [3, 1], [2, 3, 4]),
        ("both sides", [2, 1, 4], [3, 1]),
        ("symbols equal", ["B", "S", 4], ["B", "S", 4]),
        ("symbols, scalar", ["B", "S"], []),
        ("symbols, trailing", [4], ["B", "S", 4]),
        ("symbols, middle 1", ["B", "S", 4], ["B", 1, 4]),
        ("symbols, missing rank", ["B", "S", 4], ["S", 1]),
        ("symbols, both sides", ["B", 1, 4], ["S", 1]),
    ];

    /// <summary>Shapes for operators of one operand.</summary>
    public static IReadOnlyList<(string Name, Dim[] Shape)> Shapes { get; } =
    [
        ("matrix", [3, 4]), ("scalar", []), ("symbols", ["B", "S", 4]),
    ];
}
