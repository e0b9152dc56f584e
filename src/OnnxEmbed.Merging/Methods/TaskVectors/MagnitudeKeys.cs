using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace OnnxEmbed.Merging.Methods.TaskVectors;

/// <summary>
/// The bits of |x| as an integer in [0, 2^63): larger for larger magnitudes, infinity above every number, NaN above infinity. Loops over
/// them are integer work, so that they give the same on every processor.
/// </summary>
internal static class MagnitudeKeys
{
    public static long Of(double value) => BitConverter.DoubleToInt64Bits(value) & long.MaxValue;

    /// <summary>Sets to 0 what does not lie between two cuts: inside <paramref name="lower"/> and outside <paramref name="upper"/>.</summary>
    /// <param name="values">Elements of the tensor from <paramref name="start"/> on.</param>
    /// <param name="start">Position of the first.</param>
    /// <param name="lower">What is large enough.</param>
    /// <param name="upper">What is too large.</param>
    public static void Trim(Span<double> values, long start, Cut lower, Cut upper) => Trim(values, values, start, lower, upper);

    /// <summary>Sets values to 0 where those of <paramref name="compared"/> do not lie between two cuts.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Trim(Span<double> values, ReadOnlySpan<double> compared, long start, Cut lower, Cut upper)
    {
        int first = lower.CountBelowTieEnd(start, values.Length);
        int second = upper.CountBelowTieEnd(start, values.Length);
        int from = 0;
        foreach (int to in (ReadOnlySpan<int>)[Math.Min(first, second), Math.Max(first, second), values.Length])
        {
            if (to > from)
            {
                TrimBetween(values[from..to], compared[from..to], lower.Bound(from < first), upper.Bound(from < second));
                from = to;
            }
        }
    }

    /// <summary>How many values have the key <paramref name="key"/>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static int CountEqual(ReadOnlySpan<double> values, long key)
    {
        ref double from = ref MemoryMarshal.GetReference(values);
        Vector256<long> mask = Vector256.Create(long.MaxValue);
        Vector256<long> wanted = Vector256.Create(key);
        Vector256<long> found = default;
        int i = 0;
        unchecked
        {
            for (; i <= values.Length - 4; i += 4)
            {
                found -= Vector256.Equals(Vector256.LoadUnsafe(ref from, (nuint)i).AsInt64() & mask, wanted);
            }

            long count = Vector256.Sum(found);
            for (; i < values.Length; i++)
            {
                count += Of(values[i]) == key ? 1 : 0;
            }

            return (int)count;
        }
    }

    /// <summary>
    /// Finds the keys in [<paramref name="lowest"/>, <paramref name="highest"/>] with their positions; tells how many they are, and how many are
    /// above.
    /// </summary>
    /// <param name="values">Elements of the tensor from <paramref name="start"/> on.</param>
    /// <param name="start">Position of the first.</param>
    /// <param name="lowest">Smallest key that is wanted.</param>
    /// <param name="highest">Largest key that is wanted.</param>
    /// <param name="keys">Room for as many keys as there are values.</param>
    /// <param name="positions">Room for their positions.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static (int Inside, int Above) Gather(
        ReadOnlySpan<double> values, long start, long lowest, long highest, Span<long> keys, Span<long> positions)
    {
        ref double from = ref MemoryMarshal.GetReference(values);
        ref long key = ref MemoryMarshal.GetReference(keys[..values.Length]);
        ref long position = ref MemoryMarshal.GetReference(positions[..values.Length]);
        Vector256<long> mask = Vector256.Create(long.MaxValue);
        Vector256<long> below = Vector256.Create(lowest - 1);
        Vector256<long> high = Vector256.Create(highest);
        Vector256<long> counted = default;
        int count = 0;
        int i = 0;
        unchecked
        {
            // Hits of 64 elements are collected as bits first: a branch for each four of them was mispredicted at nearly every hit.
            for (; i <= values.Length - 64; i += 64)
            {
                ulong hits = 0;
                for (int j = 0; j < 64; j += 4)
                {
                    Vector256<long> four = Vector256.LoadUnsafe(ref from, (nuint)(i + j)).AsInt64() & mask;
                    Vector256<long> above = Vector256.GreaterThan(four, high);
                    counted -= above;
                    hits |= (ulong)Vector256.AndNot(Vector256.GreaterThan(four, below), above).ExtractMostSignificantBits() << j;
                }

                for (; hits != 0; hits &= hits - 1)
                {
                    int at = i + BitOperations.TrailingZeroCount(hits);
                    Unsafe.Add(ref key, count) = Of(Unsafe.Add(ref from, at));
                    Unsafe.Add(ref position, count++) = start + at;
                }
            }

            long larger = Vector256.Sum(counted);
            for (; i < values.Length; i++)
            {
                long one = Of(values[i]);
                larger += one > highest ? 1 : 0;
                if (one >= lowest && one <= highest)
                {
                    Unsafe.Add(ref key, count) = one;
                    Unsafe.Add(ref position, count++) = start + i;
                }
            }

            return (count, (int)larger);
        }
    }

    /// <summary>
    /// The same for the differences of floats, eight at a time: a difference rounded to float lies on no other side of a rounded bound than the exact
    /// one does of the bound, so that only those that may lie between need to be computed in double.
    /// </summary>
    /// <param name="minuend">Elements of a tensor from <paramref name="start"/> on.</param>
    /// <param name="subtrahend">What is taken away from them.</param>
    /// <param name="start">Position of the first.</param>
    /// <param name="lowest">Smallest key that is wanted, not that of a NaN.</param>
    /// <param name="highest">Largest key that is wanted, not that of a NaN unless it is the largest there is.</param>
    /// <param name="keys">Room for as many keys as there are elements.</param>
    /// <param name="positions">Room for their positions.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static (int Inside, int Above) Gather(
        ReadOnlySpan<float> minuend, ReadOnlySpan<float> subtrahend, long start, long lowest, long highest, Span<long> keys, Span<long> positions)
    {
        ref float x = ref MemoryMarshal.GetReference(minuend);
        ref float y = ref MemoryMarshal.GetReference(subtrahend[..minuend.Length]);
        ref long key = ref MemoryMarshal.GetReference(keys[..minuend.Length]);
        ref long position = ref MemoryMarshal.GetReference(positions[..minuend.Length]);
        Vector256<int> mask = Vector256.Create(int.MaxValue);
        Vector256<int> below = Vector256.Create(Single(lowest) - 1);
        Vector256<int> high = Vector256.Create(highest == long.MaxValue ? int.MaxValue : Single(highest));
        Vector256<int> counted = default;
        int count = 0;
        int larger = 0;
        int i = 0;
        unchecked
        {
            for (; i < minuend.Length; i += 64)
            {
                ulong hits = 0;
                if (i <= minuend.Length - 64)
                {
                    for (int j = 0; j < 64; j += 8)
                    {
                        Vector256<float> difference = Vector256.LoadUnsafe(ref x, (nuint)(i + j)) - Vector256.LoadUnsafe(ref y, (nuint)(i + j));
                        Vector256<int> eight = difference.AsInt32() & mask;
                        Vector256<int> above = Vector256.GreaterThan(eight, high);
                        counted -= above;
                        hits |= (ulong)Vector256.AndNot(Vector256.GreaterThan(eight, below), above).ExtractMostSignificantBits() << j;
                    }
                }
                else
                {
                    hits = ulong.MaxValue >> (64 - (minuend.Length - i));
                }

                for (; hits != 0; hits &= hits - 1)
                {
                    int at = i + BitOperations.TrailingZeroCount(hits);
                    long exact = Of((double)Unsafe.Add(ref x, at) - Unsafe.Add(ref y, at));
                    Unsafe.Add(ref key, count) = exact;
                    Unsafe.Add(ref position, count) = start + at;
                    count += exact >= lowest && exact <= highest ? 1 : 0;
                    larger += exact > highest ? 1 : 0;
                }
            }

            return (count, larger + Vector256.Sum(counted));
        }
    }

    /// <summary>The bits of a magnitude rounded to float.</summary>
    private static int Single(long key) => BitConverter.SingleToInt32Bits((float)BitConverter.Int64BitsToDouble(key));

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void TrimBetween(Span<double> values, ReadOnlySpan<double> compared, long lowerBound, long upperBound)
    {
        ref double at = ref MemoryMarshal.GetReference(values);
        ref double by = ref MemoryMarshal.GetReference(compared[..values.Length]);
        Vector256<long> mask = Vector256.Create(long.MaxValue);
        Vector256<long> lower = Vector256.Create(lowerBound);
        Vector256<long> upper = Vector256.Create(upperBound);
        int i = 0;
        unchecked
        {
            for (; i <= values.Length - 4; i += 4)
            {
                Vector256<long> bits = Vector256.LoadUnsafe(ref at, (nuint)i).AsInt64();
                Vector256<long> key = Vector256.LoadUnsafe(ref by, (nuint)i).AsInt64() & mask;
                Vector256<long> kept = Vector256.AndNot(Vector256.GreaterThan(key, lower), Vector256.GreaterThan(key, upper));
                (bits & kept).AsDouble().StoreUnsafe(ref at, (nuint)i);
            }

            for (; i < values.Length; i++)
            {
                long key = Of(compared[i]);
                values[i] = key > lowerBound && key <= upperBound ? values[i] : 0;
            }
        }
    }
}
