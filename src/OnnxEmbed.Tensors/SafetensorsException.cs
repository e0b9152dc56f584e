namespace OnnxEmbed.Tensors;

/// <summary>A file is not valid safetensors.</summary>
public sealed class SafetensorsException : DataException
{
    /// <summary>Makes an exception that names the file first.</summary>
    public SafetensorsException(string path, string message, Exception? innerException = null)
        : base($"{path}: {message}", innerException) => Path = path;

    /// <summary>The file.</summary>
    public string Path { get; }
}
