namespace OnnxEmbed.Models.Embedders;

/// <summary>How an <see cref="Embedder"/> runs, and what it makes of the model's vectors.</summary>
/// <param name="Threads">Threads of ONNX Runtime, at least 1.</param>
public sealed record EmbedderOptions(int Threads)
{
    /// <summary>
    /// Batches that run at the same time, sharing the threads. One gives a single text all threads; as many as there are threads gives the most
    /// texts per second and takes the memory of as many batches. Vectors do not depend on it.
    /// </summary>
    /// <value>In [1, <see cref="Threads"/>]; default 1.</value>
    public int Sessions { get; init; } = 1;

    /// <summary>Tokens of one batch, padding included; a single longer text is a batch of its own.</summary>
    /// <value>At least 1; default 4096. Larger batches cost memory and, past the caches, time.</value>
    public int MaxTokensPerBatch { get; init; } = 4096;

    /// <summary>The longest text in tokens; longer ones are cut. Null: what the package says.</summary>
    public int? MaxLength { get; init; }

    /// <summary>Where the model runs: <c>cpu</c>, <c>cuda</c> or <c>cuda:N</c>.</summary>
    /// <value>Default <c>cpu</c>.</value>
    public string Device { get; init; } = "cpu";

    /// <summary>Name of the prompt to put before every text; <c>none</c> for no prompt. Null: the package's default prompt.</summary>
    public string? Prompt { get; init; }

    /// <summary>
    /// Numbers of a vector to keep, from the first: for models trained so that a beginning is a vector of its own (Matryoshka representations,
    /// arXiv:2205.13147). What is kept is scaled to length 1 where whole vectors are. Null: all.
    /// </summary>
    public int? Dimensions { get; init; }

    /// <summary>Whether vectors are scaled to length 1. Null: as the package says.</summary>
    public bool? Normalize { get; init; }
}
