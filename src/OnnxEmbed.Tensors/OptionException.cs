namespace OnnxEmbed.Tensors;

/// <summary>The value of an option cannot be used; the command line answers it with one line and exit status 2.</summary>
public class OptionException : Exception
{
    /// <summary>Makes an exception with a message of the form "option: needs rule, got values".</summary>
    public OptionException(string message)
        : base(message)
    {
    }

    /// <summary>Makes an exception that keeps what caused it.</summary>
    public OptionException(string message, Exception? innerException)
        : base(message, innerException)
    {
    }
}
