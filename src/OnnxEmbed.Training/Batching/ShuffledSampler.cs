using OnnxEmbed.Tensors;

namespace OnnxEmbed.Training.Batching;

/// <summary>
/// Every row once an epoch, in random order. Rows of one batch have similar lengths: windows of 50 batches of the shuffled order are sorted
/// by length and cut, then all batches are shuffled (transformers' LengthGroupedSampler, with windows of the same size).
/// </summary>
internal sealed class ShuffledSampler(IReadOnlyList<int> lengths, int batchSize, ulong seed) : ISampler
{
    private const int WindowBatches = 50;

    /// <inheritdoc/>
    public int BatchesPerEpoch => (lengths.Count + batchSize - 1) / batchSize;

    /// <inheritdoc/>
    public IReadOnlyList<int[]> Epoch(int epoch)
    {
        CounterRandom random = new(seed, FormattableString.Invariant($"shuffle/{epoch}"));
        int[] order = [.. Enumerable.Range(0, lengths.Count)];
        random.Shuffle<int>(order);
        int[][] batches =
        [
            .. order.Chunk(WindowBatches * batchSize).SelectMany(window => window.OrderByDescending(row => lengths[row]).Chunk(batchSize)),
        ];
        random.Shuffle<int[]>(batches);
        return batches;
    }
}
