namespace OnnxEmbed.Merging.Methods;

/// <summary>How a tensor falls into rows: vectors that a row-wise method treats one by one.</summary>
/// <param name="Count">Number of rows.</param>
/// <param name="Length">Elements of a row.</param>
/// <param name="Strided">Whether element (row, i) lies at i·Count + row instead of row·Length + i.</param>
internal readonly record struct RowLayout(long Count, int Length, bool Strided)
{
    /// <summary>Row of an element as it is stored.</summary>
    public long RowOf(long place) => Strided ? place % Count : place / Length;

    /// <summary>The same matrix by its other axis.</summary>
    public RowLayout Turned => new(Length, checked((int)Count), !Strided);
}
