using System.Runtime.InteropServices;
using Microsoft.ML.OnnxRuntime;
using OnnxEmbed.TestKit.Numerics;

namespace OnnxEmbed.TestKit.CustomOperators;

/// <summary>
/// Operators that ONNX Runtime's CPU provider has in single precision only, supplied in double as C# kernels, so that whole graphs can be
/// checked in double. They live in a domain of their own: the double twin redirects the standard nodes to it.
/// </summary>
public static unsafe class DoubleCustomOps
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

    // Made once and never freed: sessions may use it as long as the process lives.
    private static readonly Lazy<nint> RegisteredDomain = new(MakeDomain);

    /// <summary>The standard operators (by name, Gelu in both forms) that a kernel of ours stands in for.</summary>
    public static IReadOnlyList<UnaryOperator> Operators => Catalogue;

    /// <summary>Makes the operators known to sessions created with these options.</summary>
    public static void Register(SessionOptions options) => OrtApi.AddDomain(options, RegisteredDomain.Value);

    internal static UnaryOperator At(int index) => Catalogue[index];

    private static nint MakeDomain()
    {
        nint domain = OrtApi.CreateDomain(Domain);
        for (int i = 0; i < Catalogue.Length; i++)
        {
            OrtCustomOp* op = (OrtCustomOp*)NativeMemory.AllocZeroed((nuint)sizeof(OrtCustomOp));
            op->Name = (byte*)Marshal.StringToCoTaskMemUTF8(Catalogue[i].Name);
            op->Index = i;
            UnaryKernel.Fill(op);
            OrtApi.AddOperator(domain, op);
        }

        return domain;
    }
}
