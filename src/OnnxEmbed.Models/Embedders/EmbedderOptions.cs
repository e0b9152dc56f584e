namespace OnnxEmbed.Models.Embedders;

/// <summary>How an <see cref="Embedder"/> runs.</summary>
/// <param name="Threads">Threads of ONNX Runtime within one run, at least 1.</param>
public sealed record EmbedderOptions(int Threads)
{
    /// <summary>Tokens of one batch, padding included; a single longer text is a batch of its own.</summary>
    /// <value>At least 1; default 4096. Larger batches cost memory and, past the caches, time.</value>
    public int MaxTokensPerBatch { get; init; } = 4096;

    /// <summary>The longest text in tokens; longer ones are cut. Null: what the package says.</summary>
    public int? MaxLength { get; init; }

    /// <summary>Where the model runs: <c>cpu</c>, <c>cuda</c> or <c>cuda:N</c>.</summary>
    /// <value>Default <c>cpu</c>.</value>
    public string Device { get; init; } = "cpu";
}
