using System.Runtime.InteropServices;
using Google.Protobuf.Collections;
using OnnxEmbed.Onnx.Schema;
using OnnxEmbed.Tensors;

namespace OnnxEmbed.Onnx.Files;

/// <summary>
/// Values of a <see cref="TensorProto"/> that lie in the message itself, raw or in a typed field
/// (https://github.com/onnx/onnx/blob/v1.17.0/onnx/onnx.proto, comments of TensorProto: which field holds which type).
/// </summary>
internal static class TensorDecoder
{
    /// <summary>Whether values of the type are whole bytes, so that a <see cref="TensorData"/> can hold them.</summary>
    public static bool IsSupported(ElementType type) =>
        type is not (ElementType.Undefined or ElementType.String) && Enum.IsDefined(type);

    /// <summary>Bytes that the tensor's type and dims need.</summary>
    public static long BytesOf(TensorProto tensor, string path)
    {
        try
        {
            return ((ElementType)tensor.DataType).BytesOf(TensorData.CountElements(tensor.Dims));
        }
        catch (Exception exception) when (exception is OverflowException or ArgumentException)
        {
            throw new OnnxFormatException(path, tensor.Name, $"has the impossible shape [{string.Join(", ", tensor.Dims)}]", exception);
        }
    }

    /// <summary>Reads the values out of the message.</summary>
    public static TensorData Decode(TensorProto tensor, string path)
    {
        ElementType type = (ElementType)tensor.DataType;
        long needed = BytesOf(tensor, path);
        byte[] bytes = tensor.HasRawData ? tensor.RawData.ToByteArray() : type switch
        {
            ElementType.Float32 => Bytes<float>(tensor.FloatData),
            ElementType.Float64 => Bytes<double>(tensor.DoubleData),
            ElementType.Int64 => Bytes<long>(tensor.Int64Data),
            ElementType.UInt64 => Bytes<ulong>(tensor.Uint64Data),
            ElementType.UInt32 => Narrow<ulong, uint>(tensor.Uint64Data, value => unchecked((uint)value)),
            ElementType.Int32 => Bytes<int>(tensor.Int32Data),
            ElementType.Int16 => Narrow<int, short>(tensor.Int32Data, value => unchecked((short)value)),
            ElementType.UInt16 or ElementType.Float16 or ElementType.BFloat16 =>
                Narrow<int, ushort>(tensor.Int32Data, value => unchecked((ushort)value)),
            ElementType.Int8 => Narrow<int, sbyte>(tensor.Int32Data, value => unchecked((sbyte)value)),
            _ => Narrow<int, byte>(tensor.Int32Data, value => unchecked((byte)value)),
        };
        if (bytes.Length != needed)
        {
            throw new OnnxFormatException(
                path, tensor.Name, $"{type.ShortName()}[{string.Join(", ", tensor.Dims)}] needs {needed} bytes, the file has {bytes.Length}");
        }

        return TensorData.FromBytes(type, [.. tensor.Dims], bytes);
    }

    /// <summary>Takes the values out of the message, leaving name, dims, type and documentation.</summary>
    public static void Clear(TensorProto tensor)
    {
        tensor.ClearRawData();
        tensor.FloatData.Clear();
        tensor.DoubleData.Clear();
        tensor.Int32Data.Clear();
        tensor.Int64Data.Clear();
        tensor.Uint64Data.Clear();
        tensor.ExternalData.Clear();
        tensor.ClearDataLocation();
    }

    private static byte[] Bytes<T>(RepeatedField<T> field)
        where T : unmanaged => MemoryMarshal.AsBytes(field.ToArray().AsSpan()).ToArray();

    /// <summary>Values of a narrow type, each stored as a wider number of which the low bits count.</summary>
    private static byte[] Narrow<TStored, TValue>(RepeatedField<TStored> field, Func<TStored, TValue> convert)
        where TValue : unmanaged
    {
        TValue[] values = new TValue[field.Count];
        for (int i = 0; i < values.Length; i++)
        {
            values[i] = convert(field[i]);
        }

        return MemoryMarshal.AsBytes(values.AsSpan()).ToArray();
    }
}
