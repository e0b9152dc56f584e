using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace OnnxEmbed.Tensors;

/// <content>The sums of a pair of vectors piece by piece.</content>
public static partial class Reductions
{
    /// <summary>
    /// Norms, difference and sum of two vectors of at most <see cref="BlockLength"/> elements, piece by piece: the same bits as at once. Every piece
    /// but the last has a multiple of 8 elements.
    /// </summary>
    public struct PairBlock
    {
        private PairLanes _lanes;

        /// <summary>The sums over all pieces.</summary>
        public readonly PairSums Total => _lanes.Total;

        /// <summary>Adds a piece.</summary>
        /// <exception cref="ArgumentException">The lengths differ.</exception>
        public void Add(ReadOnlySpan<float> u, ReadOnlySpan<float> v)
        {
            CheckLengths(u.Length, v.Length);
            int whole = u.Length & ~7;
            PairLoop(ref MemoryMarshal.GetReference(u), ref MemoryMarshal.GetReference(v), (nuint)whole, ref _lanes);
            if (whole < u.Length)
            {
                Vector256<float> ut = Tail(u[whole..]);
                Vector256<float> vt = Tail(v[whole..]);
                PairLoop(ref First(ref ut), ref First(ref vt), 8, ref _lanes);
            }
        }

        /// <inheritdoc cref="Add(ReadOnlySpan{float}, ReadOnlySpan{float})"/>
        public void Add(ReadOnlySpan<double> u, ReadOnlySpan<double> v)
        {
            CheckLengths(u.Length, v.Length);
            int whole = u.Length & ~7;
            PairLoop(ref MemoryMarshal.GetReference(u), ref MemoryMarshal.GetReference(v), (nuint)whole, ref _lanes);
            if (whole < u.Length)
            {
                Vector512<double> ut = Tail(u[whole..]);
                Vector512<double> vt = Tail(v[whole..]);
                PairLoop(ref First(ref ut), ref First(ref vt), 8, ref _lanes);
            }
        }
    }
}
