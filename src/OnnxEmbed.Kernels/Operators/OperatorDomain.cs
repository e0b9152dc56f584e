using System.Runtime.InteropServices;
using Microsoft.ML.OnnxRuntime;
using OnnxEmbed.Tensors;

namespace OnnxEmbed.Kernels.Operators;

/// <summary>
/// A domain of operators whose kernels are C#, version 1, for sessions on the CPU. Each operator takes one or more tensors and gives one
/// or more, all of one element type. A domain lives as long as the process, since sessions may use it as long.
/// </summary>
public sealed unsafe class OperatorDomain
{
    // Callbacks are static: they find the factory of an operator by its row here.
    private static readonly List<Func<KernelAttributes, CpuKernel>> Factories = [];

    // ONNX Runtime looks whether it knows a domain and then enters it, in two steps: two first sessions at once would both enter it, and one fail.
    private static readonly Lock Entering = new();

    private readonly nint _domain;
    private volatile bool _entered;

    /// <summary>A domain without operators.</summary>
    /// <param name="name">Its name in a model.</param>
    public OperatorDomain(string name)
    {
        Name = name;
        _domain = OrtApi.CreateDomain(name);
    }

    /// <summary>The name in a model.</summary>
    public string Name { get; }

    /// <summary>Adds an operator; before the first session uses the domain.</summary>
    /// <param name="name">Name of the operator.</param>
    /// <param name="type">Type of all inputs and outputs.</param>
    /// <param name="create">Makes the kernel of a node.</param>
    public OperatorDomain Add(string name, ElementType type, Func<KernelAttributes, CpuKernel> create)
    {
        OrtCustomOp* op = (OrtCustomOp*)NativeMemory.AllocZeroed((nuint)sizeof(OrtCustomOp));
        op->Name = (byte*)Marshal.StringToCoTaskMemUTF8(name);
        op->ElementType = (int)type;
        lock (Factories)
        {
            op->Index = Factories.Count;
            Factories.Add(create);
        }

        OperatorCallbacks.Fill(op);
        OrtApi.AddOperator(_domain, op);
        return this;
    }

    /// <summary>Opens a session that knows the operators; safe from several threads at once.</summary>
    /// <param name="model">An ONNX file.</param>
    /// <param name="options">Options of the session; they know the operators from now on.</param>
    /// <exception cref="OnnxRuntimeException">ONNX Runtime refuses the model.</exception>
    public InferenceSession Open(byte[] model, SessionOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        OrtApi.AddDomain(options, _domain);
        if (_entered)
        {
            return new InferenceSession(model, options);
        }

        lock (Entering)
        {
            InferenceSession session = new(model, options);
            _entered = true;
            return session;
        }
    }

    internal static CpuKernel Create(int index, KernelAttributes attributes)
    {
        Func<KernelAttributes, CpuKernel> factory;
        lock (Factories)
        {
            factory = Factories[index];
        }

        return factory(attributes);
    }
}
