using OnnxEmbed.Models.Packages;

namespace OnnxEmbed.Models.Importing;

/// <summary>What is imported, and what replaces what its files say.</summary>
public sealed record ImportOptions
{
    /// <summary>The model: a Hugging Face directory, a directory with <c>onnx/model.onnx</c>, or an ONNX file.</summary>
    public required string Source { get; init; }

    /// <summary>Which files of a directory are read; null for safetensors where there are any, else the exported graph.</summary>
    public ImportFormat? From { get; init; }

    /// <summary>Directory of the package to write.</summary>
    public required string Out { get; init; }

    /// <summary>Pooling; null for what the files of sentence-transformers say, else mean (encoders) or last (decoders).</summary>
    public PoolingMode? Pooling { get; init; }

    /// <summary>Attention of a decoder; null for what its config says.</summary>
    public AttentionKind? Attention { get; init; }

    /// <summary>Whether vectors are scaled to length 1; null for what the files of sentence-transformers say, else true.</summary>
    public bool? Normalize { get; init; }

    /// <summary>The longest text in tokens; null for what the files say.</summary>
    /// <value>At least 1, and at most what the architecture can take.</value>
    public int? MaxLength { get; init; }

    /// <summary>Prompts by name, beside those of the files; one of the same name replaces theirs.</summary>
    public IReadOnlyDictionary<string, string> Prompts { get; init; } = new Dictionary<string, string>();

    /// <summary>Which prompt is put before every text; null for what the files say, <c>none</c> for none.</summary>
    public string? DefaultPrompt { get; init; }

    /// <summary>Whether a directory of the package's name is replaced.</summary>
    public bool Force { get; init; }
}
