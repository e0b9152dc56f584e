using OnnxEmbed.Tensors;

namespace OnnxEmbed.Onnx.Building;

/// <summary>A graph does not fit together: a shape, a type, an attribute or an edge is not what an operator needs.</summary>
public class GraphException : DataException
{
    /// <summary>An exception with a message that names node and tensors, what was needed and what was found.</summary>
    public GraphException(string message)
        : base(message)
    {
    }
}
