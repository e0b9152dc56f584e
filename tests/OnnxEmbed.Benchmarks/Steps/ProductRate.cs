using System.Diagnostics;
using Microsoft.ML.OnnxRuntime;
using OnnxEmbed.Kernels;
using OnnxEmbed.Onnx.Building;
using OnnxEmbed.Tensors;
using TorchSharp;

namespace OnnxEmbed.Benchmarks.Steps;

/// <summary>
/// How fast each engine multiplies [2048, 384] by the transpose of a weight [1024, 384] that is no constant, the commonest product of a step:
/// what the ratio of the steps cannot pass.
/// </summary>
internal static class ProductRate
{
    private const int M = 2048;
    private const int N = 1024;
    private const int K = 384;
    private const int Repeats = 40;

    /// <summary>Billions of operations a second, f32, on the kernels of this project or on ONNX Runtime's.</summary>
    public static double Onnx(bool ownKernels, int threads)
    {
        GraphBuilder g = new();
        g.Output(g.Gemm(g.Input("a", ElementType.Float32, M, K), g.Input("b", ElementType.Float32, N, K), transB: true), "y");
        using SessionOptions options = new() { IntraOpNumThreads = threads, InterOpNumThreads = 1 };
        byte[] model = g.ToBytes();
        using InferenceSession session = ownKernels && KernelOperators.IsSupported ? KernelOperators.Open(model, options) : new(model, options);
        using OrtValue a = Filled([M, K]);
        using OrtValue b = Filled([N, K]);
        using OrtValue y = Filled([M, N]);
        using OrtIoBinding binding = session.CreateIoBinding();
        binding.BindInput("a", a);
        binding.BindInput("b", b);
        binding.BindOutput("y", y);
        using RunOptions run = new();
        return Rate(() => session.RunWithBinding(run, binding));
    }

    /// <summary>The same in libtorch.</summary>
    public static double Torch(int threads)
    {
        torch.set_num_threads(threads);
        using torch.Tensor a = torch.rand(M, K);
        using torch.Tensor b = torch.rand(N, K);
        return Rate(() => torch.nn.functional.linear(a, b).Dispose());
    }

    private static OrtValue Filled(long[] shape)
    {
        OrtValue value = OrtValue.CreateAllocatedTensorValue(
            OrtAllocator.DefaultInstance, Microsoft.ML.OnnxRuntime.Tensors.TensorElementType.Float, shape);
        value.GetTensorMutableDataAsSpan<float>().Fill(0.5f);
        return value;
    }

    private static double Rate(Action product)
    {
        double best = 0;
        for (int round = 0; round < 5; round++)
        {
            long start = Stopwatch.GetTimestamp();
            for (int i = 0; i < Repeats; i++)
            {
                product();
            }

            best = Math.Max(best, 2e-9 * M * N * K * Repeats / Stopwatch.GetElapsedTime(start).TotalSeconds);
        }

        return best;
    }
}
