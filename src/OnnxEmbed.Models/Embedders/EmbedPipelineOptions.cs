using OnnxEmbed.Data.Carrying;

namespace OnnxEmbed.Models.Embedders;

/// <summary>What <see cref="EmbedPipeline"/> reads and writes.</summary>
public sealed record EmbedPipelineOptions
{
    /// <summary>Parquet file with the texts.</summary>
    public required string InputPath { get; init; }

    /// <summary>Parquet file to write: the input's columns and the vectors.</summary>
    public required string OutputPath { get; init; }

    /// <summary>Columns with the texts, at least one.</summary>
    /// <value>Default <c>text</c>.</value>
    public IReadOnlyList<string> TextColumns { get; init; } = ["text"];

    /// <summary>
    /// Column for the vectors, which the input must not have; with several text columns each has a column of this name, an underscore and
    /// its own name. Vectors of 8-bit integers have their scale in a column beside them, with <c>_scale</c> at the end of its name.
    /// </summary>
    /// <value>Default <c>embedding</c>.</value>
    public string EmbeddingColumn { get; init; } = "embedding";

    /// <summary>How the numbers are kept.</summary>
    /// <value>Default f32.</value>
    public VectorType Type { get; init; } = VectorType.Float32;

    /// <summary>
    /// Rows among which texts of one length are sought, and rows of a row group of the output. With the width it sets the memory, and it is
    /// what a killed process loses at most.
    /// </summary>
    /// <value>At least 1; default 8192.</value>
    public int WindowRows { get; init; } = 8192;

    /// <summary>Whether a file of the output's name is replaced.</summary>
    public bool Force { get; init; }

    /// <summary>Whether what an earlier process has left is thrown away instead of gone on with.</summary>
    public bool Restart { get; init; }

    /// <summary>Directory of the adapter that the embedder was opened with; its files are hashed. Null: there is none.</summary>
    public string? AdapterDirectory { get; init; }

    /// <summary>Where the work lies until it is complete: the output's path and <c>.partial</c>.</summary>
    public string PartialPath => OutputPath + ".partial";

    /// <summary>Names of the vector columns, one for each text column.</summary>
    internal IReadOnlyList<string> VectorColumns =>
        TextColumns.Count == 1 ? [EmbeddingColumn] : [.. TextColumns.Select(text => $"{EmbeddingColumn}_{text}")];
}
