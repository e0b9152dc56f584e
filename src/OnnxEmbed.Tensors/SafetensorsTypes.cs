namespace OnnxEmbed.Tensors;

/// <summary>Names of element types in safetensors.</summary>
internal static class SafetensorsTypes
{
    /// <summary>
    /// In the order of the reference implementation (safetensors 0.4.5, tensor.rs, <c>enum Dtype</c>: by alignment), which its writer uses
    /// to lay tensors out: largest type first, then by name.
    /// </summary>
    private static readonly (string Name, ElementType Type)[] All =
    [
        ("BOOL", ElementType.Bool),
        ("U8", ElementType.UInt8),
        ("I8", ElementType.Int8),
        ("I16", ElementType.Int16),
        ("U16", ElementType.UInt16),
        ("F16", ElementType.Float16),
        ("BF16", ElementType.BFloat16),
        ("I32", ElementType.Int32),
        ("U32", ElementType.UInt32),
        ("F32", ElementType.Float32),
        ("F64", ElementType.Float64),
        ("I64", ElementType.Int64),
        ("U64", ElementType.UInt64),
    ];

    public static string KnownNames => string.Join(", ", All.Select(entry => entry.Name));

    public static bool TryParse(string name, out ElementType type)
    {
        int index = Array.FindIndex(All, entry => entry.Name == name);
        type = index < 0 ? ElementType.Undefined : All[index].Type;
        return index >= 0;
    }

    public static string NameOf(ElementType type) => All[RankOf(type)].Name;

    public static int RankOf(ElementType type)
    {
        int index = Array.FindIndex(All, entry => entry.Type == type);
        return index >= 0 ? index : throw new NotSupportedException($"safetensors has no element type {type.ShortName()}");
    }
}
