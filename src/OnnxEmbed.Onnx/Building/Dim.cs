using System.Globalization;

namespace OnnxEmbed.Onnx.Building;

/// <summary>
/// Extent of one tensor axis: a number, a symbol such as <c>batch_size</c>, or a product of both such as <c>4*batch_size*sequence_length</c>.
/// Products are enough to follow a reshape, and two extents that compare equal are equal at run time.
/// </summary>
public readonly struct Dim : IEquatable<Dim>
{
    private readonly string[]? _symbols;

    private Dim(long factor, string[]? symbols)
    {
        Factor = factor;
        _symbols = symbols is { Length: > 0 } && factor != 0 ? symbols : null;
    }

    /// <summary>The number, or the number before the symbols.</summary>
    public long Factor { get; }

    /// <summary>The symbols in ordinal order, repeated as often as they occur; empty for a number.</summary>
    public IReadOnlyList<string> Symbols => _symbols ?? [];

    /// <summary>Whether the extent is a number.</summary>
    public bool IsKnown => _symbols is null;

    /// <summary>Whether the extent is the number 1, which broadcasts.</summary>
    public bool IsOne => IsKnown && Factor == 1;

    /// <summary>The number.</summary>
    /// <exception cref="InvalidOperationException">The extent is symbolic.</exception>
    public long Value => IsKnown ? Factor : throw new InvalidOperationException($"needs a known extent, got {this}");

    /// <summary>A number as an extent.</summary>
    public static implicit operator Dim(long value) => new(value, null);

    /// <summary>A symbol as an extent.</summary>
    public static implicit operator Dim(string symbol) => Symbol(symbol);

    /// <summary>Product of two extents.</summary>
    public static Dim operator *(Dim left, Dim right) =>
        new(left.Factor * right.Factor, [.. left.Symbols.Concat(right.Symbols).Order(StringComparer.Ordinal)]);

    /// <summary>Whether two extents are the same product.</summary>
    public static bool operator ==(Dim left, Dim right) => left.Equals(right);

    /// <summary>Whether two extents differ, or may differ.</summary>
    public static bool operator !=(Dim left, Dim right) => !left.Equals(right);

    /// <summary>A symbol as an extent.</summary>
    public static Dim Symbol(string name) => new(1, [name]);

    /// <summary>Product of extents; 1 for none.</summary>
    public static Dim Product(IEnumerable<Dim> dims)
    {
        Dim product = 1;
        foreach (Dim dim in dims)
        {
            product *= dim;
        }

        return product;
    }

    /// <summary>Sum of two extents where it is again a product: both known, or multiples of the same symbols.</summary>
    public bool TryAdd(Dim other, out Dim sum)
    {
        bool same = Symbols.SequenceEqual(other.Symbols);
        sum = same ? new Dim(Factor + other.Factor, _symbols) : this;
        return same;
    }

    /// <summary>Exact quotient, where <paramref name="divisor"/> is a factor of this extent.</summary>
    public bool TryDivide(Dim divisor, out Dim quotient)
    {
        quotient = default;
        if (divisor.Factor == 0 || Factor % divisor.Factor != 0)
        {
            return false;
        }

        List<string> rest = [.. Symbols];
        foreach (string symbol in divisor.Symbols)
        {
            if (!rest.Remove(symbol))
            {
                return false;
            }
        }

        quotient = new Dim(Factor / divisor.Factor, [.. rest]);
        return true;
    }

    /// <inheritdoc/>
    public bool Equals(Dim other) => Factor == other.Factor && Symbols.SequenceEqual(other.Symbols);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is Dim other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode()
    {
        HashCode hash = default;
        hash.Add(Factor);
        foreach (string symbol in Symbols)
        {
            hash.Add(symbol);
        }

        return hash.ToHashCode();
    }

    /// <inheritdoc/>
    public override string ToString()
    {
        string factor = Factor.ToString(CultureInfo.InvariantCulture);
        return IsKnown ? factor : Factor == 1 ? string.Join('*', Symbols) : $"{factor}*{string.Join('*', Symbols)}";
    }
}
