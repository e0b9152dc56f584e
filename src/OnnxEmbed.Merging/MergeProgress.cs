namespace OnnxEmbed.Merging;

/// <summary>How far a merge has come.</summary>
/// <param name="Tensor">The tensor that was done last.</param>
/// <param name="TensorsDone">Tensors done.</param>
/// <param name="TensorCount">Tensors in all.</param>
/// <param name="BytesDone">Bytes of result done.</param>
/// <param name="ByteCount">Bytes of result in all.</param>
public readonly record struct MergeProgress(string Tensor, int TensorsDone, int TensorCount, long BytesDone, long ByteCount);
