namespace OnnxEmbed.Data.Carrying;

/// <summary>One row group that <see cref="CarriedRowsWriter"/> has written.</summary>
/// <param name="Rows">Its rows.</param>
/// <param name="Offset">Where its bytes begin in the file.</param>
/// <param name="Length">Number of its bytes.</param>
/// <param name="Sha256">Hash of its bytes, 64 lower-case hexadecimal digits.</param>
/// <param name="RowGroup">Its entry in the footer, in Thrift's compact protocol.</param>
public sealed record CarriedPart(long Rows, long Offset, long Length, string Sha256, ReadOnlyMemory<byte> RowGroup);
