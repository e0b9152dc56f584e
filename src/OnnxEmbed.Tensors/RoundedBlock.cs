using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace OnnxEmbed.Tensors;

/// <summary>
/// Rounds a result piece by piece, at most <see cref="Reductions.BlockLength"/> elements of it, and keeps its <see cref="RoundedSums"/> in the
/// same pass: a pass of its own for the norm took a fifth of the time of a blend (2026-11-23). Every piece but the last has a multiple of 8
/// elements. Lanes and their order are those of <see cref="Reductions"/>, so that the norm is that of the block at once.
/// </summary>
public struct RoundedBlock
{
    private Sums _sums;
    private long _count;

    private readonly ref struct Vectors(ref double exact, ref double first, ref double rounded, ref double written)
    {
        public readonly ref double Exact = ref exact;
        public readonly ref double First = ref first;
        public readonly ref double Rounded = ref rounded;
        public readonly ref double Written = ref written;
    }

    /// <summary>The sums over all pieces.</summary>
    public readonly RoundedSums Total
    {
        get
        {
            Vector256<double> four = _sums.Lower + _sums.Upper;
            return new RoundedSums(
                (four[0] + four[2]) + (four[1] + four[3]), _count - Vector256.Sum(_sums.Unchanged), Vector256.Sum(_sums.Kept) - Vector256.Sum(_sums.Unchanged));
        }
    }

    /// <summary>target = a·x + b·y, rounded to float, as an update of x.</summary>
    /// <exception cref="ArgumentException">The lengths differ.</exception>
    public void Combine(double a, ReadOnlySpan<float> x, double b, ReadOnlySpan<float> y, Span<float> target)
    {
        Blends.CheckLengths(x.Length, y.Length, target.Length);
        int whole = x.Length & ~7;
        CombineLoop(
            a, ref MemoryMarshal.GetReference(x), b, ref MemoryMarshal.GetReference(y), ref MemoryMarshal.GetReference(target), (nuint)whole, ref _sums);
        _count += x.Length;
        if (whole < x.Length)
        {
            Span<float> tails = stackalloc float[24];
            tails.Clear();
            x[whole..].CopyTo(tails);
            y[whole..].CopyTo(tails[8..]);
            CombineLoop(a, ref tails[0], b, ref tails[8], ref tails[16], 8, ref _sums);
            tails.Slice(16, x.Length - whole).CopyTo(target[whole..]);
            _count += 8 - (x.Length - whole); // the zeros behind the end stay as they are
        }
    }

    /// <summary>target = exact, rounded to float, as an update of first.</summary>
    /// <exception cref="ArgumentException">The lengths differ.</exception>
    public void Round(ReadOnlySpan<double> exact, ReadOnlySpan<float> first, Span<float> target)
    {
        Blends.CheckLengths(exact.Length, first.Length, target.Length);
        int whole = exact.Length & ~7;
        RoundLoop(
            ref MemoryMarshal.GetReference(exact), ref MemoryMarshal.GetReference(first), ref MemoryMarshal.GetReference(target), (nuint)whole, ref _sums);
        _count += exact.Length;
        if (whole < exact.Length)
        {
            Span<double> exactTail = stackalloc double[8];
            Span<float> tails = stackalloc float[16];
            exactTail.Clear();
            tails.Clear();
            exact[whole..].CopyTo(exactTail);
            first[whole..].CopyTo(tails);
            RoundLoop(ref exactTail[0], ref tails[0], ref tails[8], 8, ref _sums);
            tails.Slice(8, exact.Length - whole).CopyTo(target[whole..]);
            _count += 8 - (exact.Length - whole);
        }
    }

    /// <summary>Counts a result that was rounded already.</summary>
    /// <param name="exact">The result before it was rounded.</param>
    /// <param name="first">What it is an update of.</param>
    /// <param name="rounded">That, rounded as the result was; the same span where it was stored in the type of the result.</param>
    /// <param name="written">The result.</param>
    /// <exception cref="ArgumentException">The lengths differ.</exception>
    public void Count(ReadOnlySpan<double> exact, ReadOnlySpan<double> first, ReadOnlySpan<double> rounded, ReadOnlySpan<double> written)
    {
        Blends.CheckLengths(exact.Length, first.Length, written.Length);
        Blends.CheckLengths(exact.Length, rounded.Length, written.Length);
        int whole = exact.Length & ~7;
        CountLoop(
            new Vectors(
                ref MemoryMarshal.GetReference(exact), ref MemoryMarshal.GetReference(first), ref MemoryMarshal.GetReference(rounded), ref MemoryMarshal.GetReference(written)),
            (nuint)whole,
            ref _sums);
        _count += exact.Length;
        if (whole < exact.Length)
        {
            Span<double> tails = stackalloc double[32];
            tails.Clear();
            exact[whole..].CopyTo(tails);
            first[whole..].CopyTo(tails[8..]);
            rounded[whole..].CopyTo(tails[16..]);
            written[whole..].CopyTo(tails[24..]);
            CountLoop(new Vectors(ref tails[0], ref tails[8], ref tails[16], ref tails[24]), 8, ref _sums);
            _count += 8 - (exact.Length - whole);
        }
    }

    // Lengths are multiples of 8 below 2^16, indexes cannot overflow; a comparison that holds is -1 in its lane.
    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    private static void CombineLoop(double a, ref float x, double b, ref float y, ref float target, nuint length, ref Sums sums)
    {
        Vector256<double> lower = sums.Lower, upper = sums.Upper;
        Vector256<long> unchanged = default;
        Vector256<int> kept = default;
        Vector256<double> av = Vector256.Create(a), bv = Vector256.Create(b);
        for (nuint i = 0; i < length; i = unchecked(i + 8))
        {
            Vector256<float> xs = Vector256.LoadUnsafe(ref x, i);
            Vector256<double> x0 = Widened.Load(ref x, i), x1 = Widened.Load(ref x, unchecked(i + 4));
            Vector256<double> y0 = Widened.Load(ref y, i), y1 = Widened.Load(ref y, unchecked(i + 4));
            Vector256<double> r0 = (x0 * av) + (y0 * bv);
            Vector256<double> r1 = (x1 * av) + (y1 * bv);
            Vector256<float> written = Vector256.Narrow(r0, r1);
            written.StoreUnsafe(ref target, i);
            Vector256<double> w0 = Widened.Load(ref target, i), w1 = Widened.Load(ref target, unchecked(i + 4));
            lower += w0 * w0;
            upper += w1 * w1;
            unchanged += Vector256.Equals(r0, x0).AsInt64() + Vector256.Equals(r1, x1).AsInt64();
            kept += Vector256.Equals(written, xs).AsInt32();
        }

        sums = sums.With(lower, upper, unchanged, kept);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    private static void RoundLoop(ref double exact, ref float first, ref float target, nuint length, ref Sums sums)
    {
        Vector256<double> lower = sums.Lower, upper = sums.Upper;
        Vector256<long> unchanged = default;
        Vector256<int> kept = default;
        for (nuint i = 0; i < length; i = unchecked(i + 8))
        {
            Vector256<double> r0 = Vector256.LoadUnsafe(ref exact, i), r1 = Vector256.LoadUnsafe(ref exact, unchecked(i + 4));
            Vector256<float> xs = Vector256.LoadUnsafe(ref first, i);
            Vector256<double> x0 = Widened.Load(ref first, i), x1 = Widened.Load(ref first, unchecked(i + 4));
            Vector256<float> written = Vector256.Narrow(r0, r1);
            written.StoreUnsafe(ref target, i);
            Vector256<double> w0 = Widened.Load(ref target, i), w1 = Widened.Load(ref target, unchecked(i + 4));
            lower += w0 * w0;
            upper += w1 * w1;
            unchanged += Vector256.Equals(r0, x0).AsInt64() + Vector256.Equals(r1, x1).AsInt64();
            kept += Vector256.Equals(written, xs).AsInt32();
        }

        sums = sums.With(lower, upper, unchanged, kept);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    private static void CountLoop(Vectors vectors, nuint length, ref Sums sums)
    {
        Vector256<double> lower = sums.Lower, upper = sums.Upper;
        Vector256<long> unchanged = default;
        Vector256<long> kept = default;
        for (nuint i = 0; i < length; i = unchecked(i + 8))
        {
            nuint j = unchecked(i + 4);
            Vector256<double> w0 = Vector256.LoadUnsafe(ref vectors.Written, i), w1 = Vector256.LoadUnsafe(ref vectors.Written, j);
            Vector256<double> same0 = Vector256.Equals(Vector256.LoadUnsafe(ref vectors.Exact, i), Vector256.LoadUnsafe(ref vectors.First, i));
            Vector256<double> same1 = Vector256.Equals(Vector256.LoadUnsafe(ref vectors.Exact, j), Vector256.LoadUnsafe(ref vectors.First, j));
            lower += w0 * w0;
            upper += w1 * w1;
            unchanged += same0.AsInt64() + same1.AsInt64();
            kept += Vector256.Equals(w0, Vector256.LoadUnsafe(ref vectors.Rounded, i)).AsInt64()
                + Vector256.Equals(w1, Vector256.LoadUnsafe(ref vectors.Rounded, j)).AsInt64();
        }

        sums = sums with { Lower = lower, Upper = upper, Unchanged = sums.Unchanged - unchanged, Kept = sums.Kept - kept };
    }

    /// <summary>Eight partial sums of squares; how many results equal the vector exactly, and how many when both are rounded.</summary>
    private readonly record struct Sums(Vector256<double> Lower, Vector256<double> Upper, Vector256<long> Unchanged, Vector256<long> Kept)
    {
        public Sums With(Vector256<double> lower, Vector256<double> upper, Vector256<long> unchanged, Vector256<int> kept)
        {
            (Vector256<long> keptLower, Vector256<long> keptUpper) = Vector256.Widen(kept);
            return new Sums(lower, upper, Unchanged - unchanged, Kept - keptLower - keptUpper);
        }
    }
}
