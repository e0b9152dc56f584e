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
/// One path serves every vector width: 8 lanes are two <see cref="Vector256{T}"/>, which fall apart into narrower registers where the
/// processor has no wider ones; that keeps lanes and order.
/// The loops are compiled optimised at once: a merge calls them few times, each for long, and would else run them unoptimised at first.
/// </remarks>
public static partial class Reductions
{
    /// <summary>Elements per block: 64 Ki.</summary>
    public const int BlockLength = 1 << 16;

    private interface ITerm
    {
        static abstract Vector256<double> Of(Vector256<double> x, Vector256<double> y);
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
            total += PairsOf(u.Slice(start, count), v.Slice(start, count));
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
            total += PairsOf(u.Slice(start, count), v.Slice(start, count));
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
            int whole = count & ~7;
            Lanes sum = SumLoop<TTerm>(ref MemoryMarshal.GetReference(xs), ref MemoryMarshal.GetReference(ys), (nuint)whole);
            if (whole < count)
            {
                Vector256<float> xt = Tail(xs[whole..]);
                Vector256<float> yt = Tail(ys[whole..]);
                sum += SumLoop<TTerm>(ref First(ref xt), ref First(ref yt), 8);
            }

            total += sum.Total;
        }

        return total;
    }

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
            int whole = count & ~7;
            Lanes sum = SumLoop<TTerm>(ref MemoryMarshal.GetReference(xs), ref MemoryMarshal.GetReference(ys), (nuint)whole);
            if (whole < count)
            {
                Vector512<double> xt = Tail(xs[whole..]);
                Vector512<double> yt = Tail(ys[whole..]);
                sum += SumLoop<TTerm>(ref First(ref xt), ref First(ref yt), 8);
            }

            total += sum.Total;
        }

        return total;
    }

    private static PairSums PairsOf(ReadOnlySpan<float> u, ReadOnlySpan<float> v)
    {
        PairBlock block = default;
        block.Add(u, v);
        return block.Total;
    }

    private static PairSums PairsOf(ReadOnlySpan<double> u, ReadOnlySpan<double> v)
    {
        PairBlock block = default;
        block.Add(u, v);
        return block.Total;
    }

    /// <summary>Fewer than 8 elements, followed by zeros, which add nothing to any of the sums.</summary>
    private static Vector256<float> Tail(ReadOnlySpan<float> tail)
    {
        Span<float> padded = stackalloc float[8];
        padded.Clear();
        tail.CopyTo(padded);
        return Vector256.Create<float>(padded);
    }

    /// <inheritdoc cref="Tail(ReadOnlySpan{float})"/>
    private static Vector512<double> Tail(ReadOnlySpan<double> tail)
    {
        Span<double> padded = stackalloc double[8];
        padded.Clear();
        tail.CopyTo(padded);
        return Vector512.Create<double>(padded);
    }

    private static ref float First(ref Vector256<float> vector) => ref Unsafe.As<Vector256<float>, float>(ref vector);

    private static ref double First(ref Vector512<double> vector) => ref Unsafe.As<Vector512<double>, double>(ref vector);

    private static void CheckLengths(int left, int right)
    {
        if (left != right)
        {
            throw new ArgumentException($"a reduction needs two vectors of one length, got {left} and {right}");
        }
    }

    /// <summary>Eight partial sums; they are added in a fixed tree.</summary>
    private readonly record struct Lanes(Vector256<double> Lower, Vector256<double> Upper)
    {
        public double Total
        {
            get
            {
                Vector256<double> four = Lower + Upper;
                return (four[0] + four[2]) + (four[1] + four[3]);
            }
        }

        public static Lanes operator +(Lanes left, Lanes right) => new(left.Lower + right.Lower, left.Upper + right.Upper);
    }

    /// <summary>The four sums of <see cref="PairSums"/>.</summary>
    private readonly record struct PairLanes(Lanes First, Lanes Second, Lanes Difference, Lanes Sum)
    {
        public PairSums Total => new(First.Total, Second.Total, Difference.Total, Sum.Total);

        public static PairLanes operator +(PairLanes left, PairLanes right) =>
            new(left.First + right.First, left.Second + right.Second, left.Difference + right.Difference, left.Sum + right.Sum);
    }

    private readonly struct Product : ITerm
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Vector256<double> Of(Vector256<double> x, Vector256<double> y) => x * y;
    }

    private readonly struct SquaredDifference : ITerm
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Vector256<double> Of(Vector256<double> x, Vector256<double> y) => (x - y) * (x - y);
    }
}
