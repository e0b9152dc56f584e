using OnnxEmbed.Tensors;
using OnnxEmbed.Training.Batching;
using OnnxEmbed.Training.Objectives;
using OnnxEmbed.Training.Stepping;

namespace OnnxEmbed.Training.Runs;

/// <summary>The loss on rows that were not trained on.</summary>
internal static class HeldOut
{
    /// <summary>Mean loss over all batches of one pass, each weighted by what its own mean is over: targets, or rows.</summary>
    public static double Loss(Trainer trainer, IBatchSource source, LossKind kind, CancellationToken cancellation)
    {
        double total = 0, weights = 0;
        for (int i = 0; i < source.BatchesPerEpoch; i++)
        {
            cancellation.ThrowIfCancellationRequested();
            TrainingBatch batch = source.Batch(0, i);
            long weight = kind == LossKind.Tokens ? batch.Labels!.LongCount(target => target >= 0) : batch.Rows;
            total += weight * trainer.Evaluate(batch);
            weights += weight;
        }

        return total / Math.Max(weights, 1);
    }

    /// <summary>Splits rows 0 … count-1 at random into training and held-out rows, each in ascending order.</summary>
    public static (int[] Training, int[] Held) Split(int count, double fraction, ulong seed)
    {
        int[] order = [.. Enumerable.Range(0, count)];
        new CounterRandom(seed, "held-out").Shuffle<int>(order);
        int held = (int)Math.Round(fraction * count);
        return ([.. order.Skip(held).Order()], [.. order.Take(held).Order()]);
    }
}
