using OnnxEmbed.Tensors;

namespace OnnxEmbed.Training.Batching;

/// <summary>
/// Rows in random order, no text twice in a batch, since an equal text would count as a negative of itself
/// (sentence-transformers' NO_DUPLICATES). A row that does not fit waits for the next batch that has room..
/// </summary>
internal sealed class DistinctSampler : ISampler
{
    private readonly IReadOnlyList<IReadOnlyList<string>> _columns;
    private readonly int _batchSize;
    private readonly ulong _seed;

    /// <summary>Prepares sampling.</summary>
    /// <param name="columns">Texts by column, then row.</param>
    /// <param name="batchSize">Rows in a batch.</param>
    /// <param name="seed">Seeds the order.</param>
    public DistinctSampler(IReadOnlyList<IReadOnlyList<string>> columns, int batchSize, ulong seed)
    {
        _columns = columns;
        _batchSize = batchSize;
        _seed = seed;

        // The number of batches depends on where duplicates meet, thus on the order; epochs are cut to what the first one gives at least.
        BatchesPerEpoch = Math.Max(1, columns[0].Count / batchSize);
    }

    /// <inheritdoc/>
    public int BatchesPerEpoch { get; }

    /// <inheritdoc/>
    public IReadOnlyList<int[]> Epoch(int epoch)
    {
        CounterRandom random = new(_seed, FormattableString.Invariant($"distinct/{epoch}"));
        int[] order = [.. Enumerable.Range(0, _columns[0].Count)];
        random.Shuffle<int>(order);
        List<int[]> batches = [];
        LinkedList<int> waiting = new(order);
        while (batches.Count < BatchesPerEpoch && waiting.Count > 0)
        {
            batches.Add(Take(waiting));
        }

        return batches;
    }

    private int[] Take(LinkedList<int> waiting)
    {
        List<int> batch = [];
        HashSet<string> seen = new(StringComparer.Ordinal);
        for (LinkedListNode<int>? node = waiting.First; node is not null && batch.Count < _batchSize;)
        {
            LinkedListNode<int>? next = node.Next;
            int row = node.Value;
            if (!_columns.Any(column => seen.Contains(column[row])))
            {
                seen.UnionWith(_columns.Select(column => column[row]));
                batch.Add(row);
                waiting.Remove(node);
            }

            node = next;
        }

        return [.. batch];
    }
}
