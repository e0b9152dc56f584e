using OnnxEmbed.Tensors;

namespace OnnxEmbed.Onnx.Building;

/// <summary>One tensor of a graph under construction: an input, an initializer or a node's output.</summary>
public sealed class Value
{
    private readonly SymbolicShape? _shape;

    internal Value(string name, ElementType type, SymbolicShape? shape, IReadOnlyList<Dim>? contents = null)
    {
        Name = name;
        Type = type;
        _shape = shape;
        Contents = contents;
    }

    /// <summary>The name that edges of the graph use.</summary>
    public string Name { get; internal set; }

    /// <summary>Type of the elements.</summary>
    public ElementType Type { get; }

    /// <summary>
    /// Whether the shape is known. It always is in a graph made here; in one that was read with operators that shapes do not pass through,
    /// what follows them has none.
    /// </summary>
    public bool HasShape => _shape is not null;

    /// <summary>Extents of the axes.</summary>
    /// <exception cref="GraphException">The shape is not known.</exception>
    public SymbolicShape Shape => _shape ?? throw new GraphException($"{Name}: needs a known shape, got one that follows from no known operator");

    /// <summary>Number of axes.</summary>
    public int Rank => Shape.Rank;

    /// <summary>
    /// The elements, where the tensor is a small integer one whose values follow from constants and shapes (such as the target of a
    /// reshape); otherwise <see langword="null"/>.
    /// </summary>
    public IReadOnlyList<Dim>? Contents { get; }

    /// <inheritdoc/>
    public override string ToString() => HasShape ? $"{Name} {Type.ShortName()}{Shape}" : $"{Name} of unknown shape";
}
