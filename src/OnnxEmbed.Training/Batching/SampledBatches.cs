using OnnxEmbed.Training.Stepping;

namespace OnnxEmbed.Training.Batching;

/// <summary>Batches from a sampler and a way to lay its rows out.</summary>
/// <param name="sampler">Chooses rows.</param>
/// <param name="assemble">Lays rows out; the epoch is its second argument.</param>
internal sealed class SampledBatches(ISampler sampler, Func<int[], int, TrainingBatch> assemble) : IBatchSource
{
    private IReadOnlyList<int[]> _rows = [];
    private int _epoch = -1;

    /// <inheritdoc/>
    public int BatchesPerEpoch => sampler.BatchesPerEpoch;

    /// <inheritdoc/>
    public TrainingBatch Batch(int epoch, int index)
    {
        if (epoch != _epoch)
        {
            _rows = sampler.Epoch(epoch);
            _epoch = epoch;
        }

        return assemble(_rows[index], epoch);
    }
}
