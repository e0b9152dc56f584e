namespace OnnxEmbed.Merging.Methods.TaskVectors;

/// <summary>
/// The elements of a tensor that are among its largest: those with a key above <paramref name="Key"/>, and of those equal to it the ones
/// at lower positions. A key is the bit pattern of a magnitude (<see cref="MagnitudeKeys"/>).
/// </summary>
/// <param name="Key">Key of the smallest element inside.</param>
/// <param name="TieEnd">Elements with that key are inside below this position.</param>
internal readonly record struct Cut(long Key, long TieEnd)
{
    /// <summary>Every element is inside.</summary>
    public static Cut All { get; } = new(0, long.MaxValue);

    /// <summary>No element is inside.</summary>
    public static Cut None { get; } = new(long.MaxValue, 0);

    /// <summary>Elements of a magnitude above <paramref name="magnitude"/> are inside.</summary>
    public static Cut Above(double magnitude) => new(MagnitudeKeys.Of(magnitude), 0);

    /// <summary>The largest key outside, for elements at a position below <see cref="TieEnd"/> or not.</summary>
    public long Bound(bool belowTieEnd) => belowTieEnd ? Key - 1 : Key;

    /// <summary>How many of the elements from <paramref name="start"/> on lie below <see cref="TieEnd"/>.</summary>
    public int CountBelowTieEnd(long start, int count) => (int)Math.Clamp(TieEnd - start, 0, count);
}
