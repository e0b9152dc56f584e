namespace OnnxEmbed.Tensors;

/// <summary>
/// The content of a file or of a tensor is not what it has to be. Base of the typed family (<see cref="SafetensorsException"/>,
/// <see cref="ShapeMismatchException"/>, …); the command line answers it with one line and exit status 1.
/// </summary>
public class DataException : Exception
{
    /// <summary>Makes an exception with a message of the form "file or operation: needs rule, got values".</summary>
    public DataException(string message)
        : base(message)
    {
    }

    /// <summary>Makes an exception that keeps what caused it.</summary>
    public DataException(string message, Exception? innerException)
        : base(message, innerException)
    {
    }
}
