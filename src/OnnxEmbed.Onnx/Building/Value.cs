using OnnxEmbed.Tensors;

namespace OnnxEmbed.Onnx.Building;

/// <summary>One tensor of a graph under construction: an input, an initializer or a node's output.</summary>
public sealed class Value
{
    internal Value(string name, ElementType type, SymbolicShape shape, IReadOnlyList<Dim>? contents = null)
    {
        Name = name;
        Type = type;
        Shape = shape;
        Contents = contents;
    }

    /// <summary>The name that edges of the graph use.</summary>
    public string Name { get; internal set; }

    /// <summary>Type of the elements.</summary>
    public ElementType Type { get; }

    /// <summary>Extents of the axes.</summary>
    public SymbolicShape Shape { get; }

    /// <summary>Number of axes.</summary>
    public int Rank => Shape.Rank;

    /// <summary>
    /// The elements, where the tensor is a small integer one whose values follow from constants and shapes (such as the target of a
    /// reshape); otherwise <see langword="null"/>.
    /// </summary>
    public IReadOnlyList<Dim>? Contents { get; }

    /// <inheritdoc/>
    public override string ToString() => $"{Name} {Type.ShortName()}{Shape}";
}
