using OnnxEmbed.Onnx.Building;

namespace OnnxEmbed.Autodiff;

/// <summary>An operator lies between the loss and a parameter, and no gradient rule covers it.</summary>
public sealed class UnsupportedOperatorException : GraphException
{
    /// <summary>An exception that says which operator at which node was met on the way to which parameter.</summary>
    public UnsupportedOperatorException(string opType, int opset, string nodeName, string path, string reason)
        : base($"{opType} (opset {opset}) at node \"{nodeName}\": {reason}; the gradient needs it on the way {path}")
    {
        OpType = opType;
        NodeName = nodeName;
        Path = path;
    }

    /// <summary>Operator, with its domain where that is not ONNX's own.</summary>
    public string OpType { get; }

    /// <summary>Name of the node.</summary>
    public string NodeName { get; }

    /// <summary>The nodes from the parameter to the operator.</summary>
    public string Path { get; }
}
