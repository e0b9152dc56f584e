using OnnxEmbed.Onnx.Building;
using OnnxEmbed.Tensors;

namespace OnnxEmbed.Models.Architectures;

/// <summary>The usual places where the parameters of a graph come from.</summary>
public static class ParameterSources
{
    /// <summary>Parameters are initializers with the numbers of <paramref name="tensors"/>.</summary>
    public static ParameterSource Initializers(GraphBuilder graph, TensorSource tensors) => Once(graph, (name, shape) =>
    {
        TensorData data = tensors(name, shape);
        return data.Shape.SequenceEqual(shape)
            ? graph.Initializer(name, data)
            : throw new ShapeMismatchException($"parameter {name}: needs shape [{string.Join(", ", shape)}], got {data}", []);
    });

    /// <summary>Parameters are graph inputs of the given floating-point type, as in a training graph.</summary>
    public static ParameterSource Inputs(GraphBuilder graph, ElementType type = ElementType.Float32) =>
        Once(graph, (name, shape) => graph.Input(name, type, shape.Select(extent => (Dim)extent)));

    /// <summary>Numbers from a dictionary, such as the tensors of a safetensors file.</summary>
    /// <param name="tensors">Tensors by parameter name.</param>
    /// <param name="origin">What the tensors were read from, for the error that names a missing one.</param>
    public static TensorSource From(IReadOnlyDictionary<string, TensorData> tensors, string origin) => (name, shape) =>
        tensors.TryGetValue(name, out TensorData? data)
            ? data
            : throw new DataException($"{origin}: needs a tensor {name} of shape [{string.Join(", ", shape)}], there is none");

    // A tied parameter (the embedding table as output head) is asked for a second time and must be the same value.
    private static ParameterSource Once(GraphBuilder graph, ParameterSource make) =>
        (name, shape) => graph.Contains(name) ? graph[name] : make(name, shape);
}
