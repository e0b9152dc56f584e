namespace OnnxEmbed.Kernels.Products;

/// <summary>An f32 matrix in memory, of which element (i, j) lies at <c>Data[i·RowStride + j·ColumnStride]</c>.</summary>
internal readonly unsafe struct MatrixView(float* data, nint rowStride, nint columnStride)
{
    public readonly float* Data = data;
    public readonly nint RowStride = rowStride;
    public readonly nint ColumnStride = columnStride;

    public MatrixView Transposed => new(Data, ColumnStride, RowStride);

    public float* At(long row, long column) => Data + (row * RowStride) + (column * ColumnStride);
}
