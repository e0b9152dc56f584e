namespace OnnxEmbed.Onnx;

/// <summary>A file that a plan creates.</summary>
/// <param name="Name">Path relative to the model's directory.</param>
/// <param name="Length">Size in bytes.</param>
public sealed record PlannedFile(string Name, long Length);
