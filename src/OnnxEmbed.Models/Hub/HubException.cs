using OnnxEmbed.Tensors;

namespace OnnxEmbed.Models.Hub;

/// <summary>The hub does not give what was asked for, or what it gave is not what it announced.</summary>
public sealed class HubException : DataException
{
    /// <summary>Makes an exception with a message of the form "address: needs rule, got values".</summary>
    public HubException(string message)
        : base(message)
    {
    }

    /// <summary>Makes an exception that keeps what caused it.</summary>
    public HubException(string message, Exception? innerException)
        : base(message, innerException)
    {
    }
}
