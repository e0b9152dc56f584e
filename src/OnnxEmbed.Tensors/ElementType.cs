namespace OnnxEmbed.Tensors;

/// <summary>
/// Type of one tensor element. The numbers are those of ONNX <c>TensorProto.DataType</c>
/// (https://github.com/onnx/onnx/blob/v1.17.0/onnx/onnx.proto), so a value can be written to a file as it is.
/// </summary>
public enum ElementType
{
    /// <summary>Not stated.</summary>
    Undefined = 0,

    /// <summary>IEEE 754 binary32, 4 bytes.</summary>
    Float32 = 1,

    /// <summary>Unsigned 8-bit integer.</summary>
    UInt8 = 2,

    /// <summary>Signed 8-bit integer.</summary>
    Int8 = 3,

    /// <summary>Unsigned 16-bit integer.</summary>
    UInt16 = 4,

    /// <summary>Signed 16-bit integer.</summary>
    Int16 = 5,

    /// <summary>Signed 32-bit integer.</summary>
    Int32 = 6,

    /// <summary>Signed 64-bit integer.</summary>
    Int64 = 7,

    /// <summary>Text; has no fixed size and never holds weights.</summary>
    String = 8,

    /// <summary>One byte, 0 or 1.</summary>
    Bool = 9,

    /// <summary>IEEE 754 binary16, 2 bytes.</summary>
    Float16 = 10,

    /// <summary>IEEE 754 binary64, 8 bytes.</summary>
    Float64 = 11,

    /// <summary>Unsigned 32-bit integer.</summary>
    UInt32 = 12,

    /// <summary>Unsigned 64-bit integer.</summary>
    UInt64 = 13,

    /// <summary>The upper half of a binary32, 2 bytes.</summary>
    BFloat16 = 16,

    /// <summary>Unsigned 4-bit integer; two lie in a byte, the first in the low half.</summary>
    UInt4 = 21,

    /// <summary>Signed 4-bit integer; two lie in a byte, the first in the low half.</summary>
    Int4 = 22,
}
