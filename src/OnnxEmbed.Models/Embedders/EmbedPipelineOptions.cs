namespace OnnxEmbed.Models.Embedders;

/// <summary>What <see cref="EmbedPipeline"/> reads and writes.</summary>
public sealed record EmbedPipelineOptions
{
    /// <summary>Parquet file with the texts.</summary>
    public required string InputPath { get; init; }

    /// <summary>Parquet file to write: the input's columns and the vectors.</summary>
    public required string OutputPath { get; init; }

    /// <summary>Column with the texts.</summary>
    /// <value>Default <c>text</c>.</value>
    public string TextColumn { get; init; } = "text";

    /// <summary>Column for the vectors, list of f32; the input must not have it.</summary>
    /// <value>Default <c>embedding</c>.</value>
    public string EmbeddingColumn { get; init; } = "embedding";

    /// <summary>Rows that are sorted and run together, and rows of a row group of the output; with the width it sets the memory.</summary>
    /// <value>At least 1; default 8192.</value>
    public int ChunkRows { get; init; } = 8192;

    /// <summary>Whether a file of the output's name is replaced.</summary>
    public bool Force { get; init; }
}
