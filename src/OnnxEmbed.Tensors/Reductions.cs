using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace OnnxEmbed.Tensors;

/// <summary>
/// Sums in double whose result depends on the values alone, not on the processor or the number of threads: element i of a block goes to
/// lane i mod 8, the lanes are added in a fixed tree, the blocks in their order, and a product is rounded before it is added (no fused
/// multiply-add). Work is split between threads at multiples of <see cref="BlockLength"/>.
/// </summary>
/// <remarks>
/// One path serves every vector width: <see cref="Vector512{T}"/> of 8 doubles falls apart into two or four registers where the processor
/// has narrower ones, which keeps lanes and order.
/// The loops are compiled optimised at once: a merge calls them few times, each for long, and would else run them unoptimised at first.
/// </remarks>
public static class Reductions
{
    /// <summary>Elements per block: 64 Ki.</summary>
    public const int BlockLength = 1 << 16;

    private interface ITerm
    {
        static abstract Vector512<double> Of(Vector512<double> x, Vector512<double> y);
    }

    /// <summary>Σ x².</summary>
    public static double SquaredNorm(ReadOnlySpan<float> x) => Sum<Product>(x, x);

    /// <inheritdoc cref="SquaredNorm(ReadOnlySpan{float})"/>
    public static double SquaredNorm(ReadOnlySpan<double> x) => Sum<Product>(x, x);

    /// <summary>Σ x·y.</summary>
    /// <exception cref="ArgumentException">The lengths differ.</exception>
    public static double Dot(ReadOnlySpan<float> x, ReadOnlySpan<float> y) => Sum<Product>(x, y);

    /// <inheritdoc cref="Dot(ReadOnlySpan{float}, ReadOnlySpan{float})"/>
    public static double Dot(ReadOnlySpan<double> x, ReadOnlySpan<double> y) => Sum<Product>(x, y);

    /// <summary>Σ (x - y)².</summary>
    /// <exception cref="ArgumentException">The lengths differ.</exception>
    public static double SquaredDistance(ReadOnlySpan<float> x, ReadOnlySpan<float> y) => Sum<SquaredDifference>(x, y);

    /// <inheritdoc cref="SquaredDistance(ReadOnlySpan{float}, ReadOnlySpan{float})"/>
    public static double SquaredDistance(ReadOnlySpan<double> x, ReadOnlySpan<double> y) => Sum<SquaredDifference>(x, y);

    /// <summary>Norms, difference and sum of two vectors in one pass.</summary>
    /// <exception cref="ArgumentException">The lengths differ.</exception>
    public static PairSums Pair(ReadOnlySpan<float> u, ReadOnlySpan<float> v)
    {
        CheckLengths(u.Length, v.Length);
        PairSums total = default;
        for (int start = 0; start < u.Length; start += BlockLength)
        {
            int count = Math.Min(BlockLength, u.Length - start);
            total += PairBlock(u.Slice(start, count), v.Slice(start, count));
        }

        return total;
    }

    /// <inheritdoc cref="Pair(ReadOnlySpan{float}, ReadOnlySpan{float})"/>
    public static PairSums Pair(ReadOnlySpan<double> u, ReadOnlySpan<double> v)
    {
        CheckLengths(u.Length, v.Length);
        PairSums total = default;
        for (int start = 0; start < u.Length; start += BlockLength)
        {
            int count = Math.Min(BlockLength, u.Length - start);
            total += PairBlock(u.Slice(start, count), v.Slice(start, count));
        }

        return total;
    }

    /// <summary>How many elements are NaN or infinite.</summary>
    public static long CountNonFinite(ReadOnlySpan<float> x)
    {
        long count = 0;
        foreach (float value in x)
        {
            count += float.IsFinite(value) ? 0 : 1;
        }

        return count;
    }

    /// <inheritdoc cref="CountNonFinite(ReadOnlySpan{float})"/>
    public static long CountNonFinite(ReadOnlySpan<double> x)
    {
        long count = 0;
        foreach (double value in x)
        {
            count += double.IsFinite(value) ? 0 : 1;
        }

        return count;
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static double Sum<TTerm>(ReadOnlySpan<float> x, ReadOnlySpan<float> y)
        where TTerm : ITerm
    {
        CheckLengths(x.Length, y.Length);
        double total = 0;
        for (int start = 0; start < x.Length; start += BlockLength)
        {
            int count = Math.Min(BlockLength, x.Length - start);
            ReadOnlySpan<float> xs = x.Slice(start, count);
            ReadOnlySpan<float> ys = y.Slice(start, count);
            Vector512<double> sum = Vector512<double>.Zero;
            ref float xr = ref MemoryMarshal.GetReference(xs);
            ref float yr = ref MemoryMarshal.GetReference(ys);
            int whole = count & ~7;
            for (int i = 0; i < whole; i += 8)
            {
                sum += TTerm.Of(Widen(ref xr, i), Widen(ref yr, i));
            }

            if (whole < count)
            {
                sum += TTerm.Of(WidenTail(xs[whole..]), WidenTail(ys[whole..]));
            }

            total += AddLanes(sum);
        }

        return total;
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static double Sum<TTerm>(ReadOnlySpan<double> x, ReadOnlySpan<double> y)
        where TTerm : ITerm
    {
        CheckLengths(x.Length, y.Length);
        double total = 0;
        for (int start = 0; start < x.Length; start += BlockLength)
        {
            int count = Math.Min(BlockLength, x.Length - start);
            ReadOnlySpan<double> xs = x.Slice(start, count);
            ReadOnlySpan<double> ys = y.Slice(start, count);
            Vector512<double> sum = Vector512<double>.Zero;
            ref double xr = ref MemoryMarshal.GetReference(xs);
            ref double yr = ref MemoryMarshal.GetReference(ys);
            int whole = count & ~7;
            for (int i = 0; i < whole; i += 8)
            {
                sum += TTerm.Of(Vector512.LoadUnsafe(ref xr, (nuint)i), Vector512.LoadUnsafe(ref yr, (nuint)i));
            }

            if (whole < count)
            {
                sum += TTerm.Of(LoadTail(xs[whole..]), LoadTail(ys[whole..]));
            }

            total += AddLanes(sum);
        }

        return total;
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static PairSums PairBlock(ReadOnlySpan<float> u, ReadOnlySpan<float> v)
    {
        Vector512<double> uu = default, vv = default, difference = default, sum = default;
        ref float ur = ref MemoryMarshal.GetReference(u);
        ref float vr = ref MemoryMarshal.GetReference(v);
        int whole = u.Length & ~7;
        for (int i = 0; i < whole; i += 8)
        {
            Add(Widen(ref ur, i), Widen(ref vr, i), ref uu, ref vv, ref difference, ref sum);
        }

        if (whole < u.Length)
        {
            Add(WidenTail(u[whole..]), WidenTail(v[whole..]), ref uu, ref vv, ref difference, ref sum);
        }

        return new PairSums(AddLanes(uu), AddLanes(vv), AddLanes(difference), AddLanes(sum));
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static PairSums PairBlock(ReadOnlySpan<double> u, ReadOnlySpan<double> v)
    {
        Vector512<double> uu = default, vv = default, difference = default, sum = default;
        ref double ur = ref MemoryMarshal.GetReference(u);
        ref double vr = ref MemoryMarshal.GetReference(v);
        int whole = u.Length & ~7;
        for (int i = 0; i < whole; i += 8)
        {
            Add(Vector512.LoadUnsafe(ref ur, (nuint)i), Vector512.LoadUnsafe(ref vr, (nuint)i), ref uu, ref vv, ref difference, ref sum);
        }

        if (whole < u.Length)
        {
            Add(LoadTail(u[whole..]), LoadTail(v[whole..]), ref uu, ref vv, ref difference, ref sum);
        }

        return new PairSums(AddLanes(uu), AddLanes(vv), AddLanes(difference), AddLanes(sum));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Add(
        Vector512<double> u,
        Vector512<double> v,
        ref Vector512<double> uu,
        ref Vector512<double> vv,
        ref Vector512<double> difference,
        ref Vector512<double> sum)
    {
        Vector512<double> minus = u - v;
        Vector512<double> plus = u + v;
        uu += u * u;
        vv += v * v;
        difference += minus * minus;
        sum += plus * plus;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<double> Widen(ref float start, int index)
    {
        (Vector256<double> lower, Vector256<double> upper) = Vector256.Widen(Vector256.LoadUnsafe(ref start, (nuint)index));
        return Vector512.Create(lower, upper);
    }

    /// <summary>Fewer than 8 elements, followed by zeros, which add nothing to any of the sums.</summary>
    private static Vector512<double> WidenTail(ReadOnlySpan<float> tail)
    {
        Span<float> padded = stackalloc float[8];
        padded.Clear();
        tail.CopyTo(padded);
        return Widen(ref MemoryMarshal.GetReference(padded), 0);
    }

    private static Vector512<double> LoadTail(ReadOnlySpan<double> tail)
    {
        Span<double> padded = stackalloc double[8];
        padded.Clear();
        tail.CopyTo(padded);
        return Vector512.Create<double>(padded);
    }

    private static double AddLanes(Vector512<double> lanes) =>
        ((lanes[0] + lanes[4]) + (lanes[2] + lanes[6])) + ((lanes[1] + lanes[5]) + (lanes[3] + lanes[7]));

    private static void CheckLengths(int left, int right)
    {
        if (left != right)
        {
            throw new ArgumentException($"a reduction needs two vectors of one length, got {left} and {right}");
        }
    }

    private readonly struct Product : ITerm
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Vector512<double> Of(Vector512<double> x, Vector512<double> y) => x * y;
    }

    private readonly struct SquaredDifference : ITerm
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Vector512<double> Of(Vector512<double> x, Vector512<double> y)
        {
            Vector512<double> difference = x - y;
            return difference * difference;
        }
    }
}
