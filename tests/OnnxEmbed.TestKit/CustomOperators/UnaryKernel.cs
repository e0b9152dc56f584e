using System.Runtime.InteropServices;

namespace OnnxEmbed.TestKit.CustomOperators;

/// <summary>
/// The callbacks of an elementwise double operator. No exception may leave them: the boundary to native code ends the process, so
/// the ones that can fail return a status.
/// </summary>
internal static unsafe class UnaryKernel
{
    /// <summary>ONNX_TENSOR_ELEMENT_DATA_TYPE_DOUBLE.</summary>
    private const int DoubleElements = 11;

    public static void Fill(OrtCustomOp* op)
    {
        op->Version = OrtCustomOp.ApiVersion;
        op->CreateKernel = &CreateOld;
        op->GetName = &GetName;
        op->GetExecutionProviderType = &CpuProvider;
        op->GetInputType = &ElementType;
        op->GetInputTypeCount = &OneTensor;
        op->GetOutputType = &ElementType;
        op->GetOutputTypeCount = &OneTensor;
        op->KernelCompute = &ComputeOld;
        op->KernelDestroy = &Destroy;
        op->GetInputCharacteristic = &Required;
        op->GetOutputCharacteristic = &Required;
        op->GetInputMemoryType = &Required;
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
        // The kernel has no state: the operator, which is never freed, serves as its handle.
        *kernel = op;
        return 0;
    }

    [UnmanagedCallersOnly]
    private static nint Compute(void* kernel, nint context)
    {
        try
        {
            Func<double, double> function = DoubleCustomOps.At(((OrtCustomOp*)kernel)->Index).Function;
            ReadOnlySpan<double> input = OrtApi.Input(context, 0, out long[] shape);
            Span<double> output = OrtApi.Output(context, 0, shape);
            for (int i = 0; i < input.Length; i++)
            {
                output[i] = function(input[i]);
            }

            return 0;
        }
        catch (Exception exception)
        {
            return OrtApi.StatusOf(exception);
        }
    }

    [UnmanagedCallersOnly]
    private static void Destroy(void* kernel)
    {
    }

    // Older forms of the two callbacks: ONNX Runtime takes the V2 ones where they are set, as they are here.
    [UnmanagedCallersOnly]
    private static void* CreateOld(OrtCustomOp* op, nint api, nint info) => op;

    [UnmanagedCallersOnly]
    private static void ComputeOld(void* kernel, nint context)
    {
    }

    [UnmanagedCallersOnly]
    private static byte* GetName(OrtCustomOp* op) => op->Name;

    [UnmanagedCallersOnly]
    private static byte* CpuProvider(OrtCustomOp* op) => null;

    [UnmanagedCallersOnly]
    private static int ElementType(OrtCustomOp* op, nuint index) => DoubleElements;

    [UnmanagedCallersOnly]
    private static nuint OneTensor(OrtCustomOp* op) => 1;

    // 0 is INPUT_OUTPUT_REQUIRED and also OrtMemTypeDefault.
    [UnmanagedCallersOnly]
    private static int Required(OrtCustomOp* op, nuint index) => 0;

    [UnmanagedCallersOnly]
    private static int One(OrtCustomOp* op) => 1;

    [UnmanagedCallersOnly]
    private static int AnyVersion(OrtCustomOp* op) => int.MaxValue;
}
