using System.Numerics.Tensors;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace OnnxEmbed.Merging.Methods.TaskVectors;

/// <summary>
/// base + λ·Σ cᵢ·dᵢ / divisor over the models that take part in an element, dᵢ the sparse task vectors; in double, with products rounded before
/// they are added. Elements without a change keep the base's bits, the sign of a zero too.
/// </summary>
/// <remarks>
/// Worked through in pieces that stay in the first-level cache: weigh and vote, then add those that agree, then apply.
/// </remarks>
internal sealed class TaskVectorSum
{
    private const int PieceLength = 1 << 10;

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

    /// <summary>Computes a block whose task vectors are sparse already; they are changed.</summary>
    public void Compute(TensorBlock block, Span<double> result)
    {
        Span<double> votes = stackalloc double[PieceLength];
        Span<double> sum = stackalloc double[PieceLength];
        Span<double> divisor = stackalloc double[PieceLength];
        Span<double> alone = stackalloc double[PieceLength];
        ReadOnlySpan<double> weights = block.Base;
        for (int start = 0; start < block.Count; start += PieceLength)
        {
            int count = Math.Min(PieceLength, block.Count - start);
            Vote(block, start, votes[..count]);
            sum[..count].Clear();
            divisor[..count].Clear();
            alone[..count].Clear();
            for (int model = 0; model < Weights.Length; model++)
            {
                ReadOnlySpan<double> task = block.Task(model).Slice(start, count);
                if (SoleGains is null)
                {
                    Add(task, Election == Election.None ? default : votes, Weights[model], sum, divisor);
                }
                else
                {
                    AddWithGain(task, SoleGains[model], sum, divisor, alone);
                }
            }

            Divide(sum[..count], divisor, alone);
            Apply(weights.Slice(start, count), sum, Scale, result.Slice(start, count));
        }
    }

    /// <summary>Weighs the task vectors, and adds them up where that elects the sign.</summary>
    private void Vote(TensorBlock block, int start, Span<double> votes)
    {
        votes.Clear();
        for (int model = 0; model < Weights.Length; model++)
        {
            Span<double> task = block.Task(model).Slice(start, votes.Length);
            double factor = Weights[model] * Rescalings[model];
            if (Election == Election.PlainSum)
            {
                CastVotes(task, votes);
            }

            if (factor != 1)
            {
                TensorPrimitives.Multiply(task, factor, task);
            }

            if (Election == Election.WeightedSum)
            {
                CastVotes(task, votes);
            }
        }
    }

    private void CastVotes(ReadOnlySpan<double> task, Span<double> votes)
    {
        if (!CountsVotes)
        {
            TensorPrimitives.Add(votes, task, votes);
            return;
        }

        for (int i = 0; i < task.Length; i++)
        {
            votes[i] += task[i] > 0 ? 1 : task[i] < 0 ? -1 : 0;
        }
    }

    /// <summary>Adds the elements whose sign is that of the votes, or all that are not 0 where there are no votes.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Add(ReadOnlySpan<double> task, ReadOnlySpan<double> votes, double weight, Span<double> sum, Span<double> divisor)
    {
        ref double from = ref MemoryMarshal.GetReference(task);
        ref double elected = ref MemoryMarshal.GetReference(votes.IsEmpty ? task : votes);
        ref double to = ref MemoryMarshal.GetReference(sum);
        ref double total = ref MemoryMarshal.GetReference(divisor);
        Vector256<double> added = Vector256.Create(weight);
        Vector256<double> sign = Vector256.Create(-0.0);
        int i = 0;
        unchecked
        {
            for (; i <= task.Length - 4; i += 4)
            {
                // A change and a vote below 0 turn into changes above 0; without votes the change itself is the vote.
                Vector256<double> change = Vector256.LoadUnsafe(ref from, (nuint)i);
                Vector256<double> turned = change ^ (Vector256.LessThan(Vector256.LoadUnsafe(ref elected, (nuint)i), Vector256<double>.Zero) & sign);
                Vector256<double> agrees = Vector256.GreaterThan(turned, Vector256<double>.Zero);
                (Vector256.LoadUnsafe(ref to, (nuint)i) + (change & agrees)).StoreUnsafe(ref to, (nuint)i);
                (Vector256.LoadUnsafe(ref total, (nuint)i) + (added & agrees)).StoreUnsafe(ref total, (nuint)i);
            }

            for (; i < task.Length; i++)
            {
                double vote = Unsafe.Add(ref elected, i);
                if (vote < 0 ? task[i] < 0 : task[i] > 0)
                {
                    sum[i] += task[i];
                    divisor[i] += weight;
                }
            }
        }
    }

    private static void AddWithGain(ReadOnlySpan<double> task, double gain, Span<double> sum, Span<double> divisor, Span<double> alone)
    {
        for (int i = 0; i < task.Length; i++)
        {
            sum[i] += task[i];
            divisor[i] += task[i] == 0 ? 0 : 1;
            alone[i] += task[i] * gain;
        }
    }

    private void Divide(Span<double> sum, ReadOnlySpan<double> divisor, ReadOnlySpan<double> alone)
    {
        if (SoleGains is not null)
        {
            for (int i = 0; i < sum.Length; i++)
            {
                sum[i] = divisor[i] == 1 ? alone[i] : divisor[i] == 0 ? 0 : sum[i] / divisor[i];
            }
        }
        else if (DividesByParticipants)
        {
            DivideBy(sum, divisor, SmallestDivisor);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void DivideBy(Span<double> sum, ReadOnlySpan<double> divisor, double smallest)
    {
        ref double to = ref MemoryMarshal.GetReference(sum);
        ref double by = ref MemoryMarshal.GetReference(divisor);
        Vector256<double> least = Vector256.Create(smallest);
        int i = 0;
        unchecked
        {
            for (; i <= sum.Length - 4; i += 4)
            {
                Vector256<double> total = Vector256.LoadUnsafe(ref by, (nuint)i);
                total = Vector256.ConditionalSelect(Vector256.Equals(total, Vector256<double>.Zero), Vector256<double>.One, total);
                total = Vector256.ConditionalSelect(Vector256.LessThan(total, least), least, total);
                (Vector256.LoadUnsafe(ref to, (nuint)i) / total).StoreUnsafe(ref to, (nuint)i);
            }

            for (; i < sum.Length; i++)
            {
                double total = divisor[i] == 0 ? 1 : divisor[i];
                sum[i] /= total < smallest ? smallest : total;
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Apply(ReadOnlySpan<double> weights, ReadOnlySpan<double> sum, double scale, Span<double> result)
    {
        ref double from = ref MemoryMarshal.GetReference(weights);
        ref double changes = ref MemoryMarshal.GetReference(sum);
        ref double to = ref MemoryMarshal.GetReference(result);
        Vector256<double> factor = Vector256.Create(scale);
        int i = 0;
        unchecked
        {
            for (; i <= weights.Length - 4; i += 4)
            {
                Vector256<double> weight = Vector256.LoadUnsafe(ref from, (nuint)i);
                Vector256<double> change = Vector256.LoadUnsafe(ref changes, (nuint)i) * factor;
                Vector256.ConditionalSelect(Vector256.Equals(change, Vector256<double>.Zero), weight, weight + change).StoreUnsafe(ref to, (nuint)i);
            }

            for (; i < weights.Length; i++)
            {
                double change = sum[i] * scale;
                result[i] = change == 0 ? weights[i] : weights[i] + change;
            }
        }
    }
}
