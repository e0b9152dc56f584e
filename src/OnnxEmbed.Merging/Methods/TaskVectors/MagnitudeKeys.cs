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

    /// <summary>Keys of <paramref name="values"/>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Fill(ReadOnlySpan<double> values, Span<long> keys)
    {
        ref double from = ref MemoryMarshal.GetReference(values);
        ref long to = ref MemoryMarshal.GetReference(keys[..values.Length]);
        Vector256<long> mask = Vector256.Create(long.MaxValue);
        int i = 0;
        unchecked
        {
            for (; i <= values.Length - 4; i += 4)
            {
                (Vector256.LoadUnsafe(ref from, (nuint)i).AsInt64() & mask).StoreUnsafe(ref to, (nuint)i);
            }

            for (; i < values.Length; i++)
            {
                keys[i] = Of(values[i]);
            }
        }
    }

    /// <summary>Sets to 0 what does not lie between two cuts: inside <paramref name="lower"/> and outside <paramref name="upper"/>.</summary>
    /// <param name="values">Elements of the tensor from <paramref name="start"/> on.</param>
    /// <param name="start">Position of the first.</param>
    /// <param name="lower">What is large enough.</param>
    /// <param name="upper">What is too large.</param>
    public static void Trim(Span<double> values, long start, Cut lower, Cut upper)
    {
        int first = lower.CountBelowTieEnd(start, values.Length);
        int second = upper.CountBelowTieEnd(start, values.Length);
        int from = 0;
        foreach (int to in (ReadOnlySpan<int>)[Math.Min(first, second), Math.Max(first, second), values.Length])
        {
            if (to > from)
            {
                TrimBetween(values[from..to], lower.Bound(from < first), upper.Bound(from < second));
                from = to;
            }
        }
    }

    /// <summary>How many elements are not 0.</summary>
    public static int CountNonZero(ReadOnlySpan<double> values)
    {
        int count = 0;
        foreach (double value in values)
        {
            unchecked
            {
                count += value == 0 ? 0 : 1;
            }
        }

        return count;
    }

    /// <summary>How many keys are <paramref name="key"/>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static int CountEqual(ReadOnlySpan<long> keys, long key)
    {
        ref long from = ref MemoryMarshal.GetReference(keys);
        Vector256<long> wanted = Vector256.Create(key);
        Vector256<long> found = default;
        int i = 0;
        unchecked
        {
            for (; i <= keys.Length - 4; i += 4)
            {
                found -= Vector256.Equals(Vector256.LoadUnsafe(ref from, (nuint)i), wanted);
            }

            long count = Vector256.Sum(found);
            for (; i < keys.Length; i++)
            {
                count += keys[i] == key ? 1 : 0;
            }

            return (int)count;
        }
    }

    /// <summary>Copies the keys in [<paramref name="lowest"/>, <paramref name="highest"/>] and returns how many they are.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static int Gather(ReadOnlySpan<long> keys, long lowest, long highest, Span<long> target)
    {
        ref long from = ref MemoryMarshal.GetReference(keys);
        ref long to = ref MemoryMarshal.GetReference(target[..keys.Length]);
        Vector256<long> low = Vector256.Create(lowest);
        Vector256<long> high = Vector256.Create(highest);
        int count = 0;
        int i = 0;
        unchecked
        {
            for (; i <= keys.Length - 4; i += 4)
            {
                Vector256<long> four = Vector256.LoadUnsafe(ref from, (nuint)i);
                uint outside = (Vector256.GreaterThan(low, four) | Vector256.GreaterThan(four, high)).ExtractMostSignificantBits();
                for (uint inside = ~outside & 15; inside != 0; inside &= inside - 1)
                {
                    Unsafe.Add(ref to, count++) = Unsafe.Add(ref from, i + BitOperations.TrailingZeroCount(inside));
                }
            }

            for (; i < keys.Length; i++)
            {
                if (keys[i] >= lowest && keys[i] <= highest)
                {
                    Unsafe.Add(ref to, count++) = keys[i];
                }
            }
        }

        return count;
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void TrimBetween(Span<double> values, long lowerBound, long upperBound)
    {
        ref double at = ref MemoryMarshal.GetReference(values);
        Vector256<long> mask = Vector256.Create(long.MaxValue);
        Vector256<long> lower = Vector256.Create(lowerBound);
        Vector256<long> upper = Vector256.Create(upperBound);
        int i = 0;
        unchecked
        {
            for (; i <= values.Length - 4; i += 4)
            {
                Vector256<long> bits = Vector256.LoadUnsafe(ref at, (nuint)i).AsInt64();
                Vector256<long> key = bits & mask;
                Vector256<long> kept = Vector256.AndNot(Vector256.GreaterThan(key, lower), Vector256.GreaterThan(key, upper));
                (bits & kept).AsDouble().StoreUnsafe(ref at, (nuint)i);
            }

            for (; i < values.Length; i++)
            {
                long key = Of(values[i]);
                values[i] = key > lowerBound && key <= upperBound ? values[i] : 0;
            }
        }
    }
}
