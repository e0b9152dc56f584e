using System.Runtime.InteropServices;
using Microsoft.ML.OnnxRuntime;

namespace OnnxEmbed.TestKit.CustomOperators;

/// <summary>
/// The few entries of ONNX Runtime's C function table that a custom operator needs and the C# package does not wrap. The numbers are
/// positions in <c>struct OrtApi</c> of onnxruntime_c_api.h; entries are only ever appended to it, so they hold for later versions too.
/// </summary>
internal static unsafe partial class OrtApi
{
    private const int CreateStatusEntry = 0;
    private const int GetErrorMessageEntry = 2;
    private const int CreateCustomOpDomainEntry = 26;
    private const int CustomOpDomainAddEntry = 27;
    private const int AddCustomOpDomainEntry = 28;
    private const int GetTensorMutableDataEntry = 51;
    private const int GetDimensionsCountEntry = 61;
    private const int GetDimensionsEntry = 62;
    private const int GetTensorTypeAndShapeEntry = 65;
    private const int KernelContextGetInputEntry = 90;
    private const int KernelContextGetOutputEntry = 91;
    private const int ReleaseStatusEntry = 93;
    private const int ReleaseTensorTypeAndShapeInfoEntry = 99;

    /// <summary>ORT_FAIL of enum OrtErrorCode.</summary>
    private const int Fail = 1;

    private static readonly nint* Table = Load();

    public static nint CreateDomain(string name)
    {
        nint text = Marshal.StringToCoTaskMemUTF8(name);
        try
        {
            nint domain;
            Check(((delegate* unmanaged<nint, nint*, nint>)Table[CreateCustomOpDomainEntry])(text, &domain));
            return domain;
        }
        finally
        {
            Marshal.FreeCoTaskMem(text);
        }
    }

    public static void AddOperator(nint domain, OrtCustomOp* op) =>
        Check(((delegate* unmanaged<nint, OrtCustomOp*, nint>)Table[CustomOpDomainAddEntry])(domain, op));

    public static void AddDomain(SessionOptions options, nint domain)
    {
        bool held = false;
        options.DangerousAddRef(ref held);
        try
        {
            Check(((delegate* unmanaged<nint, nint, nint>)Table[AddCustomOpDomainEntry])(options.DangerousGetHandle(), domain));
        }
        finally
        {
            if (held)
            {
                options.DangerousRelease();
            }
        }
    }

    /// <summary>The kernel's input: its elements and its shape.</summary>
    public static ReadOnlySpan<double> Input(nint context, nuint index, out long[] shape)
    {
        nint value;
        Check(((delegate* unmanaged<nint, nuint, nint*, nint>)Table[KernelContextGetInputEntry])(context, index, &value));
        shape = ShapeOf(value);
        return new ReadOnlySpan<double>(DataOf(value), checked((int)Tensors.TensorData.CountElements(shape)));
    }

    /// <summary>Allocates the kernel's output.</summary>
    public static Span<double> Output(nint context, nuint index, long[] shape)
    {
        nint value;
        fixed (long* dims = shape)
        {
            Check(((delegate* unmanaged<nint, nuint, long*, nuint, nint*, nint>)Table[KernelContextGetOutputEntry])(
                context, index, dims, (nuint)shape.Length, &value));
        }

        return new Span<double>(DataOf(value), checked((int)Tensors.TensorData.CountElements(shape)));
    }

    /// <summary>A status that carries an exception's text over the boundary; ONNX Runtime releases it.</summary>
    public static nint StatusOf(Exception exception)
    {
        nint text = Marshal.StringToCoTaskMemUTF8($"{exception.GetType().Name}: {exception.Message}");
        nint status = ((delegate* unmanaged<int, nint, nint>)Table[CreateStatusEntry])(Fail, text);
        Marshal.FreeCoTaskMem(text);
        return status;
    }

    private static long[] ShapeOf(nint value)
    {
        nint info;
        Check(((delegate* unmanaged<nint, nint*, nint>)Table[GetTensorTypeAndShapeEntry])(value, &info));
        try
        {
            nuint rank;
            Check(((delegate* unmanaged<nint, nuint*, nint>)Table[GetDimensionsCountEntry])(info, &rank));
            long[] shape = new long[rank];
            fixed (long* dims = shape)
            {
                Check(((delegate* unmanaged<nint, long*, nuint, nint>)Table[GetDimensionsEntry])(info, dims, rank));
            }

            return shape;
        }
        finally
        {
            ((delegate* unmanaged<nint, void>)Table[ReleaseTensorTypeAndShapeInfoEntry])(info);
        }
    }

    private static void* DataOf(nint value)
    {
        void* data;
        Check(((delegate* unmanaged<nint, void**, nint>)Table[GetTensorMutableDataEntry])(value, &data));
        return data;
    }

    private static void Check(nint status)
    {
        if (status == 0)
        {
            return;
        }

        string? message = Marshal.PtrToStringUTF8(((delegate* unmanaged<nint, nint>)Table[GetErrorMessageEntry])(status));
        ((delegate* unmanaged<nint, void>)Table[ReleaseStatusEntry])(status);
        throw new InvalidOperationException($"ONNX Runtime: {message}");
    }

    [LibraryImport("onnxruntime", EntryPoint = "OrtGetApiBase")]
    private static partial nint* GetApiBase();

    private static nint* Load()
    {
        // The first of the two entries of struct OrtApiBase is GetApi(version).
        nint table = ((delegate* unmanaged<uint, nint>)GetApiBase()[0])(OrtCustomOp.ApiVersion);
        return table != 0
            ? (nint*)table
            : throw new InvalidOperationException($"ONNX Runtime has no C interface of version {OrtCustomOp.ApiVersion}");
    }
}
