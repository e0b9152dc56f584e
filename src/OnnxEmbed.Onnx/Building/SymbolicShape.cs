using System.Collections;

namespace OnnxEmbed.Onnx.Building;

/// <summary>Extents of a tensor's axes, the rank known, each extent a number or symbolic. Immutable.</summary>
public sealed class SymbolicShape : IReadOnlyList<Dim>, IEquatable<SymbolicShape>
{
    private readonly Dim[] _dims;

    /// <summary>A shape of the given extents, outermost axis first.</summary>
    public SymbolicShape(params IEnumerable<Dim> dims) => _dims = [.. dims];

    /// <summary>The shape of a single number.</summary>
    public static SymbolicShape Scalar { get; } = new();

    /// <summary>Number of axes.</summary>
    public int Rank => _dims.Length;

    /// <inheritdoc/>
    public int Count => _dims.Length;

    /// <summary>Product of the extents.</summary>
    public Dim ElementCount => Dim.Product(_dims);

    /// <summary>Whether every extent is a number.</summary>
    public bool IsKnown => Array.TrueForAll(_dims, dim => dim.IsKnown);

    /// <inheritdoc/>
    public Dim this[int index] => _dims[index];

    /// <summary>Extent of an axis counted from the front (0 …) or the back (-1 …).</summary>
    public Dim At(int axis) => _dims[axis < 0 ? axis + _dims.Length : axis];

    /// <summary>A known shape from numbers.</summary>
    public static SymbolicShape Of(IEnumerable<long> dims) => new(dims.Select(dim => (Dim)dim));

    /// <summary>The same shape with one axis replaced.</summary>
    public SymbolicShape With(int axis, Dim dim)
    {
        Dim[] dims = [.. _dims];
        dims[axis] = dim;
        return new SymbolicShape(dims);
    }

    /// <inheritdoc/>
    public IEnumerator<Dim> GetEnumerator() => ((IEnumerable<Dim>)_dims).GetEnumerator();

    /// <inheritdoc/>
    IEnumerator IEnumerable.GetEnumerator() => _dims.GetEnumerator();

    /// <inheritdoc/>
    public bool Equals(SymbolicShape? other) => other is not null && _dims.AsSpan().SequenceEqual(other._dims);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as SymbolicShape);

    /// <inheritdoc/>
    public override int GetHashCode()
    {
        HashCode hash = default;
        foreach (Dim dim in _dims)
        {
            hash.Add(dim);
        }

        return hash.ToHashCode();
    }

    /// <inheritdoc/>
    public override string ToString() => $"[{string.Join(", ", _dims)}]";
}
