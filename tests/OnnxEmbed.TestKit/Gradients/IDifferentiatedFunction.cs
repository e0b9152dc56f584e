using OnnxEmbed.Tensors;

namespace OnnxEmbed.TestKit.Gradients;

/// <summary>A function y(x) in double that also gives the gradient of Σ w·y.</summary>
public interface IDifferentiatedFunction : IDisposable
{
    /// <summary>Names of the inputs x differentiated by.</summary>
    IReadOnlyList<string> ParameterNames { get; }

    /// <summary>The values y at a point, a tensor in double each.</summary>
    /// <param name="point">Every input by name, floats in double.</param>
    IReadOnlyList<TensorData> Forward(IReadOnlyDictionary<string, TensorData> point);

    /// <summary>L = Σ w·y and dL/dx by parameter name.</summary>
    /// <param name="point">Every input by name, floats in double.</param>
    /// <param name="cotangents">w, one tensor for each y.</param>
    (double Loss, IReadOnlyDictionary<string, TensorData> Gradients) Backward(
        IReadOnlyDictionary<string, TensorData> point, IReadOnlyList<TensorData> cotangents);
}
