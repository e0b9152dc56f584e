using OnnxEmbed.Tensors;

namespace OnnxEmbed.Training.Batching;

/// <summary>
/// Batches of P labels with K rows each, so that every row has positives and no label dominates. Each label's rows are drawn in random
/// order without replacement, and again from the start when they are used up; an epoch draws about as many rows as the data set has, so the
/// rows of rare labels come more often than those of frequent ones. A row occurs at most once in a batch.
/// </summary>
internal sealed class BalancedLabelSampler : ISampler
{
    private readonly int[][] _rowsByLabel;
    private readonly int _labelsPerBatch;
    private readonly int _rowsPerLabel;
    private readonly ulong _seed;

    /// <summary>Groups the rows.</summary>
    /// <param name="labels">Label of each row.</param>
    /// <param name="batchSize">P·K; P is at most the number of labels and at most half of it.</param>
    /// <param name="seed">Seeds all draws.</param>
    /// <param name="source">File and column of the labels, for messages.</param>
    /// <exception cref="DataException">Fewer than two labels have at least two rows.</exception>
    public BalancedLabelSampler(IReadOnlyList<long> labels, int batchSize, ulong seed, string source = "labels")
    {
        _rowsByLabel =
        [
            .. Enumerable.Range(0, labels.Count).GroupBy(row => labels[row]).OrderBy(group => group.Key).Select(group => group.ToArray())
                .Where(rows => rows.Length >= 2),
        ];
        if (_rowsByLabel.Length < 2)
        {
            throw new DataException(
                $"{source}: needs at least 2 values with 2 rows each, got {_rowsByLabel.Length} in {labels.Count} rows");
        }

        _seed = seed;
        _labelsPerBatch = Math.Min(_rowsByLabel.Length, batchSize / 2);
        _rowsPerLabel = batchSize / _labelsPerBatch;
        BatchesPerEpoch = Math.Max(1, labels.Count / (_labelsPerBatch * _rowsPerLabel));
    }

    /// <inheritdoc/>
    public int BatchesPerEpoch { get; }

    /// <inheritdoc/>
    public IReadOnlyList<int[]> Epoch(int epoch)
    {
        CounterRandom random = new(_seed, FormattableString.Invariant($"balanced/{epoch}"));
        Deck[] decks = [.. _rowsByLabel.Select(rows => new Deck(rows))];
        int[] order = [.. Enumerable.Range(0, decks.Length)];
        int[][] batches = new int[BatchesPerEpoch][];
        for (int b = 0; b < batches.Length; b++)
        {
            if (_labelsPerBatch < decks.Length)
            {
                random.Shuffle<int>(order);
            }

            List<int> batch = [];
            for (int i = 0; i < _labelsPerBatch; i++)
            {
                decks[order[i]].Draw(_rowsPerLabel, ref random, batch);
            }

            batches[b] = [.. batch];
        }

        return batches;
    }

    /// <summary>The rows of one label in a random order that starts anew when it is used up.</summary>
    private sealed class Deck(int[] rows)
    {
        private readonly int[] _rows = [.. rows];
        private int _next = rows.Length;

        public void Draw(int count, ref CounterRandom random, List<int> batch)
        {
            int wanted = Math.Min(count, _rows.Length);
            HashSet<int> drawn = [];
            while (drawn.Count < wanted)
            {
                if (_next == _rows.Length)
                {
                    random.Shuffle<int>(_rows);
                    _next = 0;
                }

                int row = _rows[_next++];
                if (drawn.Add(row))
                {
                    batch.Add(row);
                }
            }
        }
    }
}
