namespace OnnxEmbed.Onnx;

/// <summary>Where the values of an initializer lie.</summary>
/// <param name="Storage">How they are stored.</param>
/// <param name="File">Path relative to the model's directory; empty where <paramref name="Storage"/> is None.</param>
/// <param name="Offset">First byte; 0 where the values are not plain bytes.</param>
/// <param name="Length">Bytes; 0 where the values are not plain bytes.</param>
public sealed record TensorLocation(TensorStorage Storage, string File, long Offset, long Length)
{
    internal static TensorLocation Nowhere { get; } = new(TensorStorage.None, "", 0, 0);
}
