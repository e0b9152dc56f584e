namespace OnnxEmbed.Tensors;

/// <summary>What is known of each <see cref="ElementType"/>.</summary>
public static class ElementTypes
{
    /// <summary>Bytes of one element.</summary>
    /// <exception cref="NotSupportedException">The type has no fixed size (<see cref="ElementType.String"/>), less than a byte, or is not known.</exception>
    public static int SizeInBytes(this ElementType type) => type switch
    {
        ElementType.UInt8 or ElementType.Int8 or ElementType.Bool => 1,
        ElementType.UInt16 or ElementType.Int16 or ElementType.Float16 or ElementType.BFloat16 => 2,
        ElementType.Float32 or ElementType.Int32 or ElementType.UInt32 => 4,
        ElementType.Float64 or ElementType.Int64 or ElementType.UInt64 => 8,
        _ => throw new NotSupportedException($"element type {type} ({(int)type}) has no fixed size"),
    };

    /// <summary>Bytes of a number of elements that lie one behind another.</summary>
    /// <exception cref="NotSupportedException">The type has no fixed size (<see cref="ElementType.String"/>) or is not known.</exception>
    /// <exception cref="OverflowException">The bytes pass 2⁶³ - 1.</exception>
    public static long BytesOf(this ElementType type, long elements) =>
        type is ElementType.Int4 or ElementType.UInt4 ? (elements / 2) + (elements % 2) : checked(elements * type.SizeInBytes());

    /// <summary>Whether values of the type may be blended: f64, f32, f16 or bf16.</summary>
    public static bool IsFloat(this ElementType type) =>
        type is ElementType.Float32 or ElementType.Float64 or ElementType.Float16 or ElementType.BFloat16;

    /// <summary>Short name as people write it: f32, bf16, i64, …</summary>
    public static string ShortName(this ElementType type) => type switch
    {
        ElementType.Float32 => "f32",
        ElementType.Float64 => "f64",
        ElementType.Float16 => "f16",
        ElementType.BFloat16 => "bf16",
        ElementType.Int4 => "i4",
        ElementType.UInt4 => "u4",
        ElementType.Int8 => "i8",
        ElementType.Int16 => "i16",
        ElementType.Int32 => "i32",
        ElementType.Int64 => "i64",
        ElementType.UInt8 => "u8",
        ElementType.UInt16 => "u16",
        ElementType.UInt32 => "u32",
        ElementType.UInt64 => "u64",
        ElementType.Bool => "bool",
        ElementType.String => "string",
        _ => $"type {(int)type}",
    };

    /// <summary>The element type that a C# type is stored as.</summary>
    /// <exception cref="NotSupportedException"><typeparamref name="T"/> is no tensor element.</exception>
    public static ElementType Of<T>()
        where T : unmanaged
    {
        Type type = typeof(T);
        return type == typeof(float) ? ElementType.Float32
            : type == typeof(double) ? ElementType.Float64
            : type == typeof(Half) ? ElementType.Float16
            : type == typeof(sbyte) ? ElementType.Int8
            : type == typeof(short) ? ElementType.Int16
            : type == typeof(int) ? ElementType.Int32
            : type == typeof(long) ? ElementType.Int64
            : type == typeof(byte) ? ElementType.UInt8
            : type == typeof(ushort) ? ElementType.UInt16
            : type == typeof(uint) ? ElementType.UInt32
            : type == typeof(ulong) ? ElementType.UInt64
            : type == typeof(bool) ? ElementType.Bool
            : throw new NotSupportedException($"{type.Name} is no tensor element type");
    }
}
