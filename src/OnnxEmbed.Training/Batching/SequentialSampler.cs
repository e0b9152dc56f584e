namespace OnnxEmbed.Training.Batching;

/// <summary>Every row once, sorted by length, for held-out data: the order changes no result, and little is padding.</summary>
internal sealed class SequentialSampler(IReadOnlyList<int> lengths, int batchSize) : ISampler
{
    private readonly int[][] _batches = [.. Enumerable.Range(0, lengths.Count).OrderBy(row => lengths[row]).Chunk(batchSize)];

    /// <inheritdoc/>
    public int BatchesPerEpoch => _batches.Length;

    /// <inheritdoc/>
    public IReadOnlyList<int[]> Epoch(int epoch) => _batches;
}
