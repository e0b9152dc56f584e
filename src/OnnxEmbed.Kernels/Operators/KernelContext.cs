using System.Runtime.ExceptionServices;
using System.Runtime.InteropServices;

namespace OnnxEmbed.Kernels.Operators;

/// <summary>What a kernel works on during one call.</summary>
public readonly struct KernelContext
{
    private readonly nint _context;

    internal KernelContext(nint context) => _context = context;

    /// <summary>Number of inputs.</summary>
    public int InputCount => OrtApi.InputCount(_context);

    /// <summary>An input.</summary>
    public KernelTensor Input(int index)
    {
        (nint data, long[] shape) = OrtApi.Input(_context, index);
        return new KernelTensor(data, shape);
    }

    /// <summary>Allocates an output.</summary>
    /// <returns>Address of its elements, which are not initialised.</returns>
    public nint Output(int index, ReadOnlySpan<long> shape) => OrtApi.Output(_context, index, shape);

    /// <summary>Runs a body for the numbers 0 to count - 1 on the session's threads; the first exception is thrown here.</summary>
    public unsafe void ParallelFor(int count, Action<int> body)
    {
        ArgumentNullException.ThrowIfNull(body);
        if (count <= 1)
        {
            for (int i = 0; i < count; i++)
            {
                body(i);
            }

            return;
        }

        Work work = new(body);
        GCHandle handle = GCHandle.Alloc(work);
        try
        {
            OrtApi.ParallelFor(_context, &Call, count, (void*)GCHandle.ToIntPtr(handle));
        }
        finally
        {
            handle.Free();
        }

        work.Fault?.Throw();
    }

    // No exception may leave a function that native code called: it would end the process.
    [UnmanagedCallersOnly]
    private static unsafe void Call(void* state, nuint index)
    {
        Work work = (Work)GCHandle.FromIntPtr((nint)state).Target!;
        try
        {
            if (work.Fault is null)
            {
                work.Body((int)index);
            }
        }
        catch (Exception exception)
        {
            work.Fault ??= ExceptionDispatchInfo.Capture(exception);
        }
    }

    private sealed class Work(Action<int> body)
    {
        public Action<int> Body { get; } = body;

        public ExceptionDispatchInfo? Fault { get; set; }
    }
}
