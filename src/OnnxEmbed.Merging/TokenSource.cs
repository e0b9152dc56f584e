namespace OnnxEmbed.Merging;

/// <summary>Where the row of a token comes from in models that lack it.</summary>
public sealed record TokenSource
{
    /// <summary>The model, one of those that are merged; null for a row of zeros.</summary>
    public MergeInput? Model { get; init; }

    /// <summary>The token of <see cref="Model"/> whose row it is; null for the same token, or for <see cref="TokenId"/>.</summary>
    public string? Token { get; init; }

    /// <summary>The row in <see cref="Model"/>, [0, rows of its table).</summary>
    /// <value>Default null: that of <see cref="Token"/>.</value>
    public long? TokenId { get; init; }

    /// <summary>Whether it counts for models that have the token, too.</summary>
    /// <value>Default false.</value>
    public bool Force { get; init; }
}
