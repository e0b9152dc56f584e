using System.Runtime.InteropServices;

namespace OnnxEmbed.Kernels.Operators;

/// <summary>
/// What ONNX Runtime calls to learn of and run one custom operator: <c>struct OrtCustomOp</c> of onnxruntime_c_api.h (1.31.1) as far as
/// version 18 of the C interface reads it, followed by fields of ours that its callbacks find again.
/// </summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct OrtCustomOp
{
    /// <summary>Version of the C interface that this layout follows.</summary>
    public const uint ApiVersion = 18;

    public uint Version;
    public delegate* unmanaged<OrtCustomOp*, nint, nint, void*> CreateKernel;
    public delegate* unmanaged<OrtCustomOp*, byte*> GetName;
    public delegate* unmanaged<OrtCustomOp*, byte*> GetExecutionProviderType;
    public delegate* unmanaged<OrtCustomOp*, nuint, int> GetInputType;
    public delegate* unmanaged<OrtCustomOp*, nuint> GetInputTypeCount;
    public delegate* unmanaged<OrtCustomOp*, nuint, int> GetOutputType;
    public delegate* unmanaged<OrtCustomOp*, nuint> GetOutputTypeCount;
    public delegate* unmanaged<void*, nint, void> KernelCompute;
    public delegate* unmanaged<void*, void> KernelDestroy;
    public delegate* unmanaged<OrtCustomOp*, nuint, int> GetInputCharacteristic;
    public delegate* unmanaged<OrtCustomOp*, nuint, int> GetOutputCharacteristic;
    public delegate* unmanaged<OrtCustomOp*, nuint, int> GetInputMemoryType;
    public delegate* unmanaged<OrtCustomOp*, int> GetVariadicInputMinArity;
    public delegate* unmanaged<OrtCustomOp*, int> GetVariadicInputHomogeneity;
    public delegate* unmanaged<OrtCustomOp*, int> GetVariadicOutputMinArity;
    public delegate* unmanaged<OrtCustomOp*, int> GetVariadicOutputHomogeneity;
    public delegate* unmanaged<OrtCustomOp*, nint, nint, void**, nint> CreateKernelV2;
    public delegate* unmanaged<void*, nint, nint> KernelComputeV2;
    public nint InferOutputShape;
    public delegate* unmanaged<OrtCustomOp*, int> GetStartVersion;
    public delegate* unmanaged<OrtCustomOp*, int> GetEndVersion;
    public nint GetMayInplace;
    public nint ReleaseMayInplace;
    public nint GetAliasMap;
    public nint ReleaseAliasMap;

    /// <summary>Ours: the operator's name, zero-terminated UTF-8.</summary>
    public byte* Name;

    /// <summary>Ours: element type of all inputs and outputs, as ONNX numbers it.</summary>
    public int ElementType;

    /// <summary>Ours: the operator's row in the table of factories.</summary>
    public int Index;
}
