namespace OnnxEmbed.Merging.Methods;

/// <summary>
/// Some elements of a <see cref="TensorBlock"/>: the base's, and each model's minus the base's, which may be overwritten. All lie in one
/// buffer of
/// the block, vector after vector, so that short pieces stay in the first-level cache while they are worked on. The next piece takes its
/// place.
/// </summary>
/// <param name="values">The task vectors one after the other, then the base, each with zeros up to <paramref name="stride"/>.</param>
/// <param name="stride">
/// Elements from one vector to the next: <paramref name="count"/>, rounded up to a multiple of <see cref="Lanes"/>.
/// </param>
/// <param name="start">Index of the first element in the tensor, or counted row by row in a block of rows.</param>
/// <param name="count">Number of elements.</param>
internal readonly ref struct TaskPiece(Span<double> values, int stride, long start, int count)
{
    /// <summary>Vectors are padded to a multiple of so many elements.</summary>
    public const int Lanes = 8;

    private readonly Span<double> _values = values;

    /// <summary>Index of the first element.</summary>
    public long Start => start;

    /// <summary>Number of elements.</summary>
    public int Count => count;

    /// <summary>Elements from one model's task vector to the next in <see cref="Padded"/>.</summary>
    public int Stride => stride;

    /// <summary>Number of models.</summary>
    public int ModelCount => (_values.Length / stride) - 1;

    /// <summary>The base's elements.</summary>
    public ReadOnlySpan<double> Base => _values.Slice(ModelCount * stride, count);

    /// <summary>All task vectors and then the base, each with zeros up to <see cref="Stride"/>.</summary>
    public Span<double> Padded => _values;

    /// <summary>A model's elements minus the base's.</summary>
    public Span<double> Task(int model) => _values.Slice(model * stride, count);
}
