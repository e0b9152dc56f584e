using Microsoft.ML.OnnxRuntime;
using OnnxEmbed.Kernels.Operators;
using OnnxEmbed.Tensors;
using OnnxEmbed.TestKit.Numerics;

namespace OnnxEmbed.TestKit.CustomOperators;

/// <summary>
/// Operators that ONNX Runtime's CPU provider has in single precision only, supplied in double as C# kernels, so that whole graphs can be
/// checked in double. They live in a domain of their own: the double twin redirects the standard nodes to it.
/// </summary>
public static class DoubleCustomOps
{
    /// <summary>Operator domain of the C# kernels; opset version 1.</summary>
    public const string Domain = "onnxembed.test";

    /// <summary>Name of the custom operator for Gelu with <c>approximate = tanh</c>, which needs no attribute this way.</summary>
    public const string GeluTanh = "GeluTanh";

    private static readonly UnaryOperator[] Catalogue =
    [
        new("Erf", ErrorFunction.Erf),
        new("Gelu", Activations.Gelu),
        new(GeluTanh, Activations.GeluTanh),
        new("Softplus", Activations.Softplus),
        new("Mish", Activations.Mish),
    ];

    private static readonly Lazy<OperatorDomain> Registered = new(() => Catalogue.Aggregate(
        new OperatorDomain(Domain),
        (domain, op) => domain.Add(op.Name, ElementType.Float64, _ => new UnaryKernel(op.Function))));

    /// <summary>The standard operators (by name, Gelu in both forms) that a kernel of ours stands in for.</summary>
    public static IReadOnlyList<UnaryOperator> Operators => Catalogue;

    /// <summary>Opens a session that knows the operators.</summary>
    public static InferenceSession Open(byte[] model, SessionOptions options) => Registered.Value.Open(model, options);
}
