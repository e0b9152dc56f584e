using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace OnnxEmbed.Tensors;

/// <summary>Conversion of bf16, the upper half of a binary32, for which .NET 10 has no type.</summary>
internal static class BFloat16s
{
    public static void ToSingles(ReadOnlySpan<ushort> source, Span<float> target)
    {
        ref ushort from = ref MemoryMarshal.GetReference(source);
        ref uint to = ref MemoryMarshal.GetReference(MemoryMarshal.Cast<float, uint>(target));
        int i = 0;
        for (; i <= source.Length - Vector256<ushort>.Count; i += Vector256<ushort>.Count)
        {
            (Vector256<uint> lower, Vector256<uint> upper) = Vector256.Widen(Vector256.LoadUnsafe(ref from, (nuint)i));
            (lower << 16).StoreUnsafe(ref to, (nuint)i);
            (upper << 16).StoreUnsafe(ref to, (nuint)i + 8);
        }

        for (; i < source.Length; i++)
        {
            target[i] = BitConverter.UInt32BitsToSingle((uint)source[i] << 16);
        }
    }

    public static void FromSingles(ReadOnlySpan<float> source, Span<ushort> target)
    {
        ref uint from = ref MemoryMarshal.GetReference(MemoryMarshal.Cast<float, uint>(source));
        ref ushort to = ref MemoryMarshal.GetReference(target);
        int i = 0;
        for (; i <= source.Length - Vector256<ushort>.Count; i += Vector256<ushort>.Count)
        {
            Vector256<uint> lower = Round(Vector256.LoadUnsafe(ref from, (nuint)i));
            Vector256<uint> upper = Round(Vector256.LoadUnsafe(ref from, (nuint)i + 8));
            Vector256.Narrow(lower, upper).StoreUnsafe(ref to, (nuint)i);
        }

        for (; i < source.Length; i++)
        {
            target[i] = Round(BitConverter.SingleToUInt32Bits(source[i]));
        }
    }

    private static ushort Round(uint bits) => (bits & 0x7FFFFFFF) > 0x7F800000
        ? (ushort)((bits >> 16) | 0x0040) // NaN: the quiet bit keeps it one where only lower payload bits were set
        : (ushort)(unchecked(bits + 0x7FFF + ((bits >> 16) & 1)) >> 16); // ties to even; the carry may rightly reach infinity

    private static Vector256<uint> Round(Vector256<uint> bits)
    {
        Vector256<uint> rounded = (bits + Vector256.Create(0x7FFFu) + ((bits >> 16) & Vector256<uint>.One)) >> 16;
        Vector256<uint> nan = (bits >> 16) | Vector256.Create(0x0040u);
        Vector256<uint> isNan = Vector256.GreaterThan(bits & Vector256.Create(0x7FFFFFFFu), Vector256.Create(0x7F800000u));
        return Vector256.ConditionalSelect(isNan, nan, rounded);
    }
}
