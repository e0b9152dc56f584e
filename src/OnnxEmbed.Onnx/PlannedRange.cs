namespace OnnxEmbed.Onnx;

/// <summary>Where a plan puts the bytes of a tensor. Initializers that share their storage have equal ranges.</summary>
/// <param name="File">Index into <see cref="OnnxFilePlan.Files"/>; 0 is the model file.</param>
/// <param name="Offset">First byte.</param>
/// <param name="Length">Bytes.</param>
public readonly record struct PlannedRange(int File, long Offset, long Length);
