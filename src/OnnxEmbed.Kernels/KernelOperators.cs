using System.Runtime.Intrinsics;
using Microsoft.ML.OnnxRuntime;
using OnnxEmbed.Kernels.Operators;
using OnnxEmbed.Kernels.Products;
using OnnxEmbed.Kernels.Rewriting;
using OnnxEmbed.Kernels.Rows;
using OnnxEmbed.Tensors;

namespace OnnxEmbed.Kernels;

/// <summary>
/// Kernels in C# for what training spends its time on, as operators of a domain of our own. A graph of standard operators is rewritten onto
/// them just before a session opens; files keep the standard form.
/// </summary>
public static class KernelOperators
{
    /// <summary>Operator domain of the kernels; version 1.</summary>
    public const string Domain = "onnxembed";

    // Made once and never freed: sessions may use it as long as the process lives.
    private static readonly Lazy<OperatorDomain> RegisteredDomain = new(() => new OperatorDomain(Domain)
        .Add(GemmKernel.Name, ElementType.Float32, attributes => new GemmKernel(attributes))
        .Add(BatchedProductKernel.Name, ElementType.Float32, attributes => new BatchedProductKernel(attributes))
        .Add(LoraGradientKernel.Name, ElementType.Float32, attributes => new LoraGradientKernel(attributes))
        .Add(RowKernel.Name, ElementType.Float32, attributes => new RowKernel(attributes)));

    /// <summary>Whether this processor has vectors wide enough for the kernels to gain over ONNX Runtime's own.</summary>
    public static bool IsSupported => Vector256.IsHardwareAccelerated;

    /// <summary>Rewrites a model onto the kernels and opens it; safe from several threads at once.</summary>
    /// <param name="model">An ONNX file of standard operators whose tensors lie inside it.</param>
    /// <param name="options">Options of the session.</param>
    /// <returns>A session of a model that computes the same up to rounding.</returns>
    /// <exception cref="Onnx.Building.GraphException">A node uses a value that no earlier node makes, or an operator that shapes do not pass through.</exception>
    /// <exception cref="OnnxRuntimeException">ONNX Runtime refuses the model.</exception>
    public static InferenceSession Open(byte[] model, SessionOptions options) => RegisteredDomain.Value.Open(KernelRewrite.Apply(model), options);
}
