using OnnxEmbed.Tensors;

namespace OnnxEmbed.Models.Packages;

/// <summary>What a new package is made of.</summary>
public sealed record PackageContents
{
    /// <summary>The architecture.</summary>
    public required ModelConfig Config { get; init; }

    /// <summary>How the graph pools.</summary>
    public required PoolingMode Pooling { get; init; }

    /// <summary>Dense modules of the graph after the pooling; empty for none.</summary>
    public IReadOnlyList<DenseLayer> Dense { get; init; } = [];

    /// <summary>Whether the graph scales vectors to length 1.</summary>
    public required bool Normalize { get; init; }

    /// <summary>The longest text in tokens; longer ones are cut.</summary>
    public required int MaxLength { get; init; }

    /// <summary>Prompts by name.</summary>
    public IReadOnlyDictionary<string, string> Prompts { get; init; } = new Dictionary<string, string>();

    /// <summary>Which of the prompts is put before every text; null for none.</summary>
    public string? DefaultPromptName { get; init; }

    /// <summary>How vectors are compared, for sentence-transformers.</summary>
    /// <value>Default <c>cosine</c>.</value>
    public string Similarity { get; init; } = "cosine";

    /// <summary>Text of <c>config.json</c>; null for what <see cref="Config"/> writes.</summary>
    public string? ConfigText { get; init; }

    /// <summary>Writes the tokenizer's files into the directory it is given.</summary>
    public required Action<string> WriteTokenizer { get; init; }

    /// <summary>Writes the model to the path it is given (and external data beside it).</summary>
    public required Action<string> WriteModel { get; init; }

    /// <summary>Looks at the package before it appears, and throws where it must not; null for nothing.</summary>
    public Action<ModelPackage>? Verify { get; init; }

    /// <summary>Parameters of the language-model head; null or empty for none.</summary>
    public IReadOnlyDictionary<string, TensorData>? Head { get; init; }

    /// <summary>How the package was made.</summary>
    public required Provenance Provenance { get; init; }

    /// <summary>Markdown for the model card, below its title.</summary>
    public string Description { get; init; } = "";
}
