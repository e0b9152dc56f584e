namespace OnnxEmbed.Training.Batching;

/// <summary>Decides which rows of a data set make a batch.</summary>
internal interface ISampler
{
    /// <summary>Batches in every epoch.</summary>
    int BatchesPerEpoch { get; }

    /// <summary>The rows of each batch of an epoch; the same epoch always gives the same batches.</summary>
    IReadOnlyList<int[]> Epoch(int epoch);
}
