using OnnxEmbed.Onnx.Building;

namespace OnnxEmbed.Onnx.Decomposing;

/// <summary>A node is of an operator, or of a variant of one, that is not decomposed into standard operators.</summary>
public sealed class DecompositionException : GraphException
{
    /// <summary>An exception that names the node, its operator and the operator's version.</summary>
    /// <param name="operatorType">Operator with its domain, such as <c>com.microsoft.Attention</c>.</param>
    /// <param name="node">Name of the node.</param>
    /// <param name="opset">Version of the domain that the file imports; 0 where it imports none.</param>
    /// <param name="message">What is needed and what was found, with the attribute or input.</param>
    public DecompositionException(string operatorType, string node, long opset, string message)
        : base($"{operatorType} \"{node}\" (opset {opset}): {message}")
    {
        OperatorType = operatorType;
        Node = node;
        Opset = opset;
    }

    /// <summary>Operator with its domain.</summary>
    public string OperatorType { get; }

    /// <summary>Name of the node.</summary>
    public string Node { get; }

    /// <summary>Version of the operator's domain.</summary>
    public long Opset { get; }
}
