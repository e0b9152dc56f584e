using System.Collections.Concurrent;
using System.Numerics.Tensors;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace OnnxEmbed.Merging.Methods.TaskVectors;

/// <summary>
/// Keeps each element with a probability that grows with the rank of its magnitude in its row, from density - ε for the smallest to
/// density + ε for the largest, and divides it by that probability, which leaves the expectation as it is (P. Tej Deep et al., "DELLA-Merging",
/// MAGPRUNE, arXiv:2406.11617, §3.1; there ε is the whole width, here, as in mergekit, half of it).
/// </summary>
internal sealed class RankSparsifier(MergeTensor tensor, double[] densities, double[] epsilons, ulong seed, bool divides) : ISparsifier
{
    private readonly RandomMask[] _masks = [.. densities.Select((_, model) => new RandomMask(seed, tensor.Name, model))];
    private readonly ConcurrentBag<Scratch> _scratch = [];

    public RowLayout? Rows { get; } = tensor.Rows;

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void Apply(TaskPiece piece, int rowLength)
    {
        Scratch scratch = _scratch.TryTake(out Scratch? used) && used.Keys.Length >= rowLength ? used : new Scratch(rowLength);
        for (int model = 0; model < densities.Length; model++)
        {
            Span<double> task = piece.Task(model);
            if (densities[model] <= 0)
            {
                task.Clear();
            }

            for (int start = 0; start < task.Length && densities[model] is > 0 and < 1; start += rowLength)
            {
                Apply(model, task.Slice(start, rowLength), piece.Start + start, scratch);
            }
        }

        _scratch.Add(scratch);
    }

    /// <summary>1: each element has been divided by its own probability.</summary>
    public double Rescaling(int model) => 1;

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Apply(int model, Span<double> row, long start, Scratch scratch)
    {
        Span<int> ranks = scratch.Ranks.AsSpan(0, row.Length);
        Span<long> keys = scratch.Keys.AsSpan(0, row.Length);
        for (int i = 0; i < row.Length; i++)
        {
            keys[i] = MagnitudeKeys.Of(row[i]);
        }

        scratch.Order.Fill(keys, ranks);
        double lowest = row.Length == 1 ? densities[model] : densities[model] - epsilons[model];
        double step = row.Length == 1 ? 0 : 2 * epsilons[model] / (row.Length - 1);
        Span<double> probabilities = MemoryMarshal.Cast<long, double>(keys);
        for (int i = 0; i < row.Length; i++)
        {
            probabilities[i] = lowest + (step * ranks[i]);
        }

        if (divides)
        {
            TensorPrimitives.Divide(row, probabilities, row);
        }

        _masks[model].Drop(row, start, probabilities);
    }

    private sealed class Scratch(int length)
    {
        public RowRanks Order { get; } = new();

        public long[] Keys { get; } = new long[length];

        public int[] Ranks { get; } = new int[length];
    }
}
