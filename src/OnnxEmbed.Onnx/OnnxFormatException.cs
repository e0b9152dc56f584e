using OnnxEmbed.Tensors;

namespace OnnxEmbed.Onnx;

/// <summary>A file is not a valid ONNX model, or refers to data that are not there.</summary>
public sealed class OnnxFormatException : DataException
{
    /// <summary>Makes an exception that names the file and, where one is concerned, the tensor.</summary>
    public OnnxFormatException(string path, string? tensor, string message, Exception? innerException = null)
        : base(tensor is null ? $"{path}: {message}" : $"{path}: tensor '{tensor}': {message}", innerException)
    {
        Path = path;
        Tensor = tensor;
    }

    /// <summary>The file.</summary>
    public string Path { get; }

    /// <summary>Name of the tensor; null where the fault is not that of one tensor.</summary>
    public string? Tensor { get; }
}
