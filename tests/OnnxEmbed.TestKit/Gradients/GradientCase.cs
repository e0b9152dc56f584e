using OnnxEmbed.Onnx.Building;

namespace OnnxEmbed.TestKit.Gradients;

/// <summary>A function to be differentiated: a row of a gradient table.</summary>
/// <param name="Name">What the row is about; unique in its table.</param>
/// <param name="Inputs">Inputs x0, x1, … in order.</param>
/// <param name="Build">Makes the outputs from the inputs; those of a floating-point type enter the loss.</param>
public sealed record GradientCase(
    string Name, IReadOnlyList<GradientInput> Inputs, Func<GraphBuilder, Value[], Value[]> Build)
{
    /// <summary>
    /// Numbers for the symbols: the one graph is run and checked with each of them. Symbols that are 1 at run time are among them.
    /// </summary>
    public IReadOnlyList<IReadOnlyDictionary<string, long>> Sizes { get; init; } =
    [
        new Dictionary<string, long> { ["B"] = 2, ["S"] = 3 },
        new Dictionary<string, long> { ["B"] = 3, ["S"] = 5 },
        new Dictionary<string, long> { ["B"] = 1, ["S"] = 1 },
    ];

    /// <summary>Version of the standard operators.</summary>
    public int Opset { get; init; } = GraphBuilder.DefaultOpset;

    /// <summary>Seed of the inputs, the cotangent and the directions.</summary>
    public int Seed { get; init; } = 1;

    /// <summary>Whether any extent is a symbol.</summary>
    public bool IsDynamic => Inputs.Any(input => input.Shape.Any(dim => !dim.IsKnown));

    /// <inheritdoc/>
    public override string ToString() => Name;
}
