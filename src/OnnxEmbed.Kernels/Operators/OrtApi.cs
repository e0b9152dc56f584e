using System.Runtime.InteropServices;
using Microsoft.ML.OnnxRuntime;

namespace OnnxEmbed.Kernels.Operators;

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
    private const int KernelInfoGetAttributeFloatEntry = 85;
    private const int KernelInfoGetAttributeIntegerEntry = 86;
    private const int KernelInfoGetAttributeStringEntry = 87;
    private const int KernelContextGetInputCountEntry = 88;
    private const int KernelContextGetInputEntry = 90;
    private const int KernelContextGetOutputEntry = 91;
    private const int ReleaseStatusEntry = 93;
    private const int ReleaseTensorTypeAndShapeInfoEntry = 99;
    private const int KernelContextParallelForEntry = 274;

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

    /// <summary>An attribute of the node, or null where it has none of that name.</summary>
    public static float? Float(nint info, ReadOnlySpan<byte> name)
    {
        float number;
        fixed (byte* text = name)
        {
            return Found(((delegate* unmanaged<nint, byte*, float*, nint>)Table[KernelInfoGetAttributeFloatEntry])(info, text, &number))
                ? number
                : null;
        }
    }

    /// <inheritdoc cref="Float"/>
    public static long? Integer(nint info, ReadOnlySpan<byte> name)
    {
        long number;
        fixed (byte* text = name)
        {
            return Found(((delegate* unmanaged<nint, byte*, long*, nint>)Table[KernelInfoGetAttributeIntegerEntry])(info, text, &number))
                ? number
                : null;
        }
    }

    /// <inheritdoc cref="Float"/>
    public static string? Text(nint info, ReadOnlySpan<byte> name)
    {
        var get = (delegate* unmanaged<nint, byte*, byte*, nuint*, nint>)Table[KernelInfoGetAttributeStringEntry];
        fixed (byte* text = name)
        {
            nuint size = 0;
            if (!Found(get(info, text, null, &size)))
            {
                return null;
            }

            byte[] bytes = new byte[size];
            fixed (byte* destination = bytes)
            {
                Check(get(info, text, destination, &size));
            }

            return System.Text.Encoding.UTF8.GetString(bytes.AsSpan(0, checked((int)size - 1)));
        }
    }

    public static int InputCount(nint context)
    {
        nuint count;
        Check(((delegate* unmanaged<nint, nuint*, nint>)Table[KernelContextGetInputCountEntry])(context, &count));
        return checked((int)count);
    }

    /// <summary>An input of the kernel: its elements and its shape.</summary>
    public static (nint Data, long[] Shape) Input(nint context, int index)
    {
        nint value;
        Check(((delegate* unmanaged<nint, nuint, nint*, nint>)Table[KernelContextGetInputEntry])(context, (nuint)index, &value));
        return (DataOf(value), ShapeOf(value));
    }

    /// <summary>Allocates an output of the kernel.</summary>
    public static nint Output(nint context, int index, ReadOnlySpan<long> shape)
    {
        nint value;
        fixed (long* dims = shape)
        {
            Check(((delegate* unmanaged<nint, nuint, long*, nuint, nint*, nint>)Table[KernelContextGetOutputEntry])(
                context, (nuint)index, dims, (nuint)shape.Length, &value));
        }

        return DataOf(value);
    }

    /// <summary>Calls a function for the numbers 0 to count - 1 on the session's threads, each number a task of its own.</summary>
    public static void ParallelFor(nint context, delegate* unmanaged<void*, nuint, void> function, int count, void* state) => Check(
        ((delegate* unmanaged<nint, delegate* unmanaged<void*, nuint, void>, nuint, nuint, void*, nint>)Table[KernelContextParallelForEntry])(
            context, function, (nuint)count, (nuint)count, state));

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

    private static nint DataOf(nint value)
    {
        nint data;
        Check(((delegate* unmanaged<nint, nint*, nint>)Table[GetTensorMutableDataEntry])(value, &data));
        return data;
    }

    private static bool Found(nint status)
    {
        if (status != 0)
        {
            ((delegate* unmanaged<nint, void>)Table[ReleaseStatusEntry])(status);
        }

        return status == 0;
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
