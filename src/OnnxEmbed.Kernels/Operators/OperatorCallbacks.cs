using System.Runtime.InteropServices;

namespace OnnxEmbed.Kernels.Operators;

/// <summary>
/// The functions that ONNX Runtime calls for an operator. No exception may leave them: the boundary to native code ends the process, so
/// those that can fail return a status.
/// </summary>
internal static unsafe class OperatorCallbacks
{
    /// <summary>INPUT_OUTPUT_VARIADIC of enum OrtCustomOpInputOutputCharacteristic.</summary>
    private const int IsVariadic = 2;

    public static void Fill(OrtCustomOp* op)
    {
        op->Version = OrtCustomOp.ApiVersion;
        op->CreateKernel = &CreateOld;
        op->GetName = &GetName;
        op->GetExecutionProviderType = &CpuProvider;
        op->GetInputType = &ElementType;
        op->GetInputTypeCount = &OneList;
        op->GetOutputType = &ElementType;
        op->GetOutputTypeCount = &OneList;
        op->KernelCompute = &ComputeOld;
        op->KernelDestroy = &Destroy;
        op->GetInputCharacteristic = &Variadic;
        op->GetOutputCharacteristic = &Variadic;
        op->GetInputMemoryType = &DefaultMemory;
        op->GetVariadicInputMinArity = &One;
        op->GetVariadicInputHomogeneity = &One;
        op->GetVariadicOutputMinArity = &One;
        op->GetVariadicOutputHomogeneity = &One;
        op->CreateKernelV2 = &Create;
        op->KernelComputeV2 = &Compute;
        op->GetStartVersion = &One;
        op->GetEndVersion = &AnyVersion;
    }

    [UnmanagedCallersOnly]
    private static nint Create(OrtCustomOp* op, nint api, nint info, void** kernel)
    {
        try
        {
            CpuKernel made = OperatorDomain.Create(op->Index, new KernelAttributes(info));
            *kernel = (void*)GCHandle.ToIntPtr(GCHandle.Alloc(made));
            return 0;
        }
        catch (Exception exception)
        {
            return OrtApi.StatusOf(exception);
        }
    }

    [UnmanagedCallersOnly]
    private static nint Compute(void* kernel, nint context)
    {
        try
        {
            ((CpuKernel)GCHandle.FromIntPtr((nint)kernel).Target!).Compute(new KernelContext(context));
            return 0;
        }
        catch (Exception exception)
        {
            return OrtApi.StatusOf(exception);
        }
    }

    [UnmanagedCallersOnly]
    private static void Destroy(void* kernel) => GCHandle.FromIntPtr((nint)kernel).Free();

    // Older forms of the two callbacks: ONNX Runtime takes the V2 ones where they are set, as they are here.
    [UnmanagedCallersOnly]
    private static void* CreateOld(OrtCustomOp* op, nint api, nint info) => null;

    [UnmanagedCallersOnly]
    private static void ComputeOld(void* kernel, nint context)
    {
    }

    [UnmanagedCallersOnly]
    private static byte* GetName(OrtCustomOp* op) => op->Name;

    [UnmanagedCallersOnly]
    private static byte* CpuProvider(OrtCustomOp* op) => null;

    [UnmanagedCallersOnly]
    private static int ElementType(OrtCustomOp* op, nuint index) => op->ElementType;

    [UnmanagedCallersOnly]
    private static nuint OneList(OrtCustomOp* op) => 1;

    [UnmanagedCallersOnly]
    private static int Variadic(OrtCustomOp* op, nuint index) => IsVariadic;

    // OrtMemTypeDefault.
    [UnmanagedCallersOnly]
    private static int DefaultMemory(OrtCustomOp* op, nuint index) => 0;

    [UnmanagedCallersOnly]
    private static int One(OrtCustomOp* op) => 1;

    [UnmanagedCallersOnly]
    private static int AnyVersion(OrtCustomOp* op) => int.MaxValue;
}
