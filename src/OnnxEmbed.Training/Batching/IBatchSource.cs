using OnnxEmbed.Training.Stepping;

namespace OnnxEmbed.Training.Batching;

/// <summary>
/// Batches of a data set, epoch after epoch. A batch is a function of (seed, epoch, index), so that a run can be taken up anywhere.
/// </summary>
internal interface IBatchSource
{
    /// <summary>Batches in an epoch.</summary>
    int BatchesPerEpoch { get; }

    /// <summary>A batch.</summary>
    /// <param name="epoch">From 0.</param>
    /// <param name="index">In [0, <see cref="BatchesPerEpoch"/>).</param>
    TrainingBatch Batch(int epoch, int index);
}
