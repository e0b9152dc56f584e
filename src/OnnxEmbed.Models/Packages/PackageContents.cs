using OnnxEmbed.Tensors;

namespace OnnxEmbed.Models.Packages;

/// <summary>What a new package is made of.</summary>
public sealed record PackageContents
{
    /// <summary>The architecture.</summary>
    public required ModelConfig Config { get; init; }

    /// <summary>How the graph pools.</summary>
    public required PoolingMode Pooling { get; init; }

    /// <summary>Whether the graph scales vectors to length 1.</summary>
    public required bool Normalize { get; init; }

    /// <summary>The longest text in tokens; longer ones are cut.</summary>
    public required int MaxLength { get; init; }

    /// <summary>Writes the tokenizer's files into the directory it is given.</summary>
    public required Action<string> WriteTokenizer { get; init; }

    /// <summary>Writes the model to the path it is given (and external data beside it).</summary>
    public required Action<string> WriteModel { get; init; }

    /// <summary>Parameters of the language-model head; null or empty for none.</summary>
    public IReadOnlyDictionary<string, TensorData>? Head { get; init; }

    /// <summary>How the package was made.</summary>
    public required Provenance Provenance { get; init; }

    /// <summary>Markdown for the model card, below its title.</summary>
    public string Description { get; init; } = "";
}
