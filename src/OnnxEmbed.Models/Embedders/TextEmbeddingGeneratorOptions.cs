namespace OnnxEmbed.Models.Embedders;

/// <summary>How a <see cref="TextEmbeddingGenerator"/> puts the texts of several callers together.</summary>
public sealed record TextEmbeddingGeneratorOptions
{
    /// <summary>
    /// How long a call may wait for others when the model is free. Zero runs it at once; what arrives during a run goes together in the next in
    /// any case. A few milliseconds help where many callers bring one text each.
    /// </summary>
    /// <value>At least zero; default zero.</value>
    public TimeSpan MaxDelay { get; init; }

    /// <summary>Texts of one run; the calls beyond wait for the next. A call with more texts is a run of its own.</summary>
    /// <value>At least 1; default 1024.</value>
    public int MaxTextsPerRun { get; init; } = 1024;

    /// <summary>Calls that may wait; a further one waits for its place.</summary>
    /// <value>At least 1; default 4096.</value>
    public int MaxWaitingCalls { get; init; } = 4096;

    /// <summary>Measures <see cref="MaxDelay"/>.</summary>
    /// <value>Default the system's.</value>
    public TimeProvider Time { get; init; } = TimeProvider.System;
}
