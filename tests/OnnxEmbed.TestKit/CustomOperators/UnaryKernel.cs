using OnnxEmbed.Kernels.Operators;

namespace OnnxEmbed.TestKit.CustomOperators;

/// <summary>Applies a function to each element of a double tensor.</summary>
internal sealed unsafe class UnaryKernel(Func<double, double> function) : CpuKernel
{
    public override void Compute(KernelContext context)
    {
        KernelTensor input = context.Input(0);
        ReadOnlySpan<double> from = new((void*)input.Data, checked((int)input.ElementCount));
        Span<double> to = new((void*)context.Output(0, input.Shape), from.Length);
        for (int i = 0; i < from.Length; i++)
        {
            to[i] = function(from[i]);
        }
    }
}
