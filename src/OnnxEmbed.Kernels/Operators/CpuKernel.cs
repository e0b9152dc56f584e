namespace OnnxEmbed.Kernels.Operators;

/// <summary>One node of a session, computed in C#. ONNX Runtime may run a kernel on several threads at once.</summary>
public abstract class CpuKernel
{
    /// <summary>Reads the inputs, allocates the outputs and fills them. An exception ends the run of the session with its text.</summary>
    /// <param name="context">The node's tensors and the session's threads; valid during the call only.</param>
    public abstract void Compute(KernelContext context);
}
