using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace OnnxEmbed.Merging.Methods.TaskVectors;

/// <summary>
/// base + λ·Σ cᵢ·dᵢ / divisor over the models that take part in an element, dᵢ the sparse task vectors; in double, with products rounded before
/// they are added. Elements without a change keep the base's bits, the sign of a zero too.
/// </summary>
/// <remarks>
/// Eight elements at a time are voted on, added up and applied in registers, instead of one step after the other over a piece (2026-11-24).
/// </remarks>
internal sealed class TaskVectorSum
{
    /// <summary>Factors of so many models need no array.</summary>
    private const int FewModels = 16;

    /// <summary>Weight of each model.</summary>
    public required double[] Weights { get; init; }

    /// <summary>What each task vector is multiplied by besides its weight; it does not count for the divisor.</summary>
    public required double[] Rescalings { get; init; }

    /// <summary>What an element is multiplied by where its model is the only one that takes part; null for 1.</summary>
    public double[]? SoleGains { get; init; }

    /// <summary>How signs are agreed on.</summary>
    public Election Election { get; init; }

    /// <summary>Whether each model has one vote instead of the size of its change.</summary>
    public bool CountsVotes { get; init; }

    /// <summary>Whether the sum is divided by the weights of the models that take part in the element (by 1 where they sum to 0).</summary>
    public bool DividesByParticipants { get; init; }

    /// <summary>The smallest divisor.</summary>
    public double SmallestDivisor { get; init; } = double.NegativeInfinity;

    /// <summary>λ, divided by a divisor that is the same for all elements.</summary>
    public required double Scale { get; init; }

    /// <summary>Computes a piece whose task vectors are sparse already.</summary>
    public void Compute(TaskPiece piece, Span<double> result)
    {
        Span<double> factors = Weights.Length <= FewModels ? stackalloc double[FewModels] : new double[Weights.Length];
        for (int model = 0; model < Weights.Length; model++)
        {
            factors[model] = Weights[model] * Rescalings[model];
        }

        if (SoleGains is { } gains)
        {
            AddWithGains(piece, gains, factors, result);
            return;
        }

        switch (Election)
        {
            case Election.None:
                Add<NoVote>(piece, factors, result);
                break;
            case Election.WeightedSum when CountsVotes:
                Add<WeightedCount>(piece, factors, result);
                break;
            case Election.WeightedSum:
                Add<WeightedVote>(piece, factors, result);
                break;
            case Election.PlainSum when CountsVotes:
                Add<PlainCount>(piece, factors, result);
                break;
            default:
                Add<PlainVote>(piece, factors, result);
                break;
        }
    }

    /// <summary>-1, 0 or 1 where a change has that sign.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<double> Sign(Vector256<double> change) =>
        (Vector256.GreaterThan(change, Vector256<double>.Zero) & Vector256<double>.One)
        - (Vector256.LessThan(change, Vector256<double>.Zero) & Vector256<double>.One);

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Add<TVote>(TaskPiece piece, ReadOnlySpan<double> factors, Span<double> result)
        where TVote : struct, IVote
    {
        ref double tasks = ref MemoryMarshal.GetReference(piece.Padded);
        ref double factor = ref MemoryMarshal.GetReference(factors);
        ref double weight = ref MemoryMarshal.GetArrayDataReference(Weights);
        ref double to = ref MemoryMarshal.GetReference(result);
        Vector256<double> minus = Vector256.Create(-0.0);
        Vector256<double> least = Vector256.Create(SmallestDivisor);
        Vector256<double> scale = Vector256.Create(Scale);
        Span<double> last = stackalloc double[TaskPiece.Lanes];
        bool divides = DividesByParticipants;
        nuint models = (nuint)Weights.Length;
        nuint stride = (nuint)piece.Stride;
        nuint length = (nuint)result.Length;
        unchecked
        {
            for (nuint i = 0; i < length; i += TaskPiece.Lanes)
            {
                nuint upper = i + (TaskPiece.Lanes / 2);
                Vector256<double> votes0 = default, votes1 = default;
                nuint end = models * stride;
                if (TVote.Elects)
                {
                    nuint model = 0;
                    for (nuint at = 0; at < end; at += stride)
                    {
                        Vector256<double> task0 = Vector256.LoadUnsafe(ref tasks, at + i), task1 = Vector256.LoadUnsafe(ref tasks, at + upper);
                        Vector256<double> by = Vector256.Create(Unsafe.Add(ref factor, model++));
                        votes0 += TVote.Of(task0, task0 * by);
                        votes1 += TVote.Of(task1, task1 * by);
                    }
                }

                // A change and a vote below 0 turn into changes above 0; without votes the change itself is the vote.
                Vector256<double> turn0 = Vector256.LessThan(votes0, Vector256<double>.Zero) & minus;
                Vector256<double> turn1 = Vector256.LessThan(votes1, Vector256<double>.Zero) & minus;
                Vector256<double> sum0 = default, sum1 = default, divisor0 = default, divisor1 = default;
                nuint number = 0;
                for (nuint at = 0; at < end; at += stride)
                {
                    Vector256<double> by = Vector256.Create(Unsafe.Add(ref factor, number));
                    Vector256<double> counts = Vector256.Create(Unsafe.Add(ref weight, number++));
                    Vector256<double> change0 = Vector256.LoadUnsafe(ref tasks, at + i) * by;
                    Vector256<double> change1 = Vector256.LoadUnsafe(ref tasks, at + upper) * by;
                    Vector256<double> agrees0 = Vector256.GreaterThan(TVote.Elects ? change0 ^ turn0 : Vector256.Abs(change0), Vector256<double>.Zero);
                    Vector256<double> agrees1 = Vector256.GreaterThan(TVote.Elects ? change1 ^ turn1 : Vector256.Abs(change1), Vector256<double>.Zero);
                    sum0 += change0 & agrees0;
                    sum1 += change1 & agrees1;
                    divisor0 += counts & agrees0;
                    divisor1 += counts & agrees1;
                }

                if (divides)
                {
                    sum0 = Divide(sum0, divisor0, least);
                    sum1 = Divide(sum1, divisor1, least);
                }

                Vector256<double> after0 = Apply(Vector256.LoadUnsafe(ref tasks, end + i), sum0 * scale);
                Vector256<double> after1 = Apply(Vector256.LoadUnsafe(ref tasks, end + upper), sum1 * scale);
                if (i + TaskPiece.Lanes <= length)
                {
                    after0.StoreUnsafe(ref to, i);
                    after1.StoreUnsafe(ref to, upper);
                }
                else
                {
                    after0.CopyTo(last);
                    after1.CopyTo(last[(TaskPiece.Lanes / 2)..]);
                    last[..(int)(length - i)].CopyTo(result[(int)i..]);
                }
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<double> Divide(Vector256<double> sum, Vector256<double> divisor, Vector256<double> least)
    {
        divisor = Vector256.ConditionalSelect(Vector256.Equals(divisor, Vector256<double>.Zero), Vector256<double>.One, divisor);
        return sum / Vector256.ConditionalSelect(Vector256.LessThan(divisor, least), least, divisor);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<double> Apply(Vector256<double> weights, Vector256<double> change) =>
        Vector256.ConditionalSelect(Vector256.Equals(change, Vector256<double>.Zero), weights, weights + change);

    private void AddWithGains(TaskPiece piece, double[] gains, ReadOnlySpan<double> factors, Span<double> result)
    {
        for (int i = 0; i < result.Length; i++)
        {
            double sum = 0;
            double alone = 0;
            int participants = 0;
            for (int model = 0; model < gains.Length; model++)
            {
                double change = piece.Task(model)[i] * factors[model];
                sum += change;
                alone += change * gains[model];
                participants += change == 0 ? 0 : 1;
            }

            double added = (participants == 1 ? alone : participants == 0 ? 0 : sum / participants) * Scale;
            result[i] = added == 0 ? piece.Base[i] : piece.Base[i] + added;
        }
    }

    /// <summary>What a model votes with.</summary>
    private interface IVote
    {
        /// <summary>Whether there is a vote at all.</summary>
        static virtual bool Elects => true;

        /// <summary>The votes of a model for some elements.</summary>
        /// <param name="task">Its changes.</param>
        /// <param name="weighted">Its weighted changes.</param>
        static abstract Vector256<double> Of(Vector256<double> task, Vector256<double> weighted);
    }

    private readonly struct NoVote : IVote
    {
        public static bool Elects => false;

        public static Vector256<double> Of(Vector256<double> task, Vector256<double> weighted) => default;
    }

    private readonly struct WeightedVote : IVote
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Vector256<double> Of(Vector256<double> task, Vector256<double> weighted) => weighted;
    }

    private readonly struct PlainVote : IVote
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Vector256<double> Of(Vector256<double> task, Vector256<double> weighted) => task;
    }

    private readonly struct WeightedCount : IVote
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Vector256<double> Of(Vector256<double> task, Vector256<double> weighted) => Sign(weighted);
    }

    private readonly struct PlainCount : IVote
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Vector256<double> Of(Vector256<double> task, Vector256<double> weighted) => Sign(task);
    }
}
