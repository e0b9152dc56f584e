namespace OnnxEmbed.Kernels.Products;

/// <summary>Where a tile of a product goes: <c>C = alpha · tile + beta · addend</c>.</summary>
internal unsafe struct TileTarget
{
    public float* C;
    public nint Stride;
    public float Alpha;

    /// <summary>Null for none.</summary>
    public float* Addend;

    /// <summary>From row to row; 0 where one row is added to all.</summary>
    public nint AddendStride;
    public float Beta;

    public readonly TileTarget At(long row, long column)
    {
        TileTarget moved = this;
        moved.C += (row * Stride) + column;
        moved.Addend = Addend == null ? null : Addend + (row * AddendStride) + column;
        return moved;
    }
}
