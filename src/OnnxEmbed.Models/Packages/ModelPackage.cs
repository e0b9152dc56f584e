using OnnxEmbed.Models.Tokenizers;
using OnnxEmbed.Tensors;

namespace OnnxEmbed.Models.Packages;

/// <summary>
/// A model package: a directory with an ONNX model, its tokenizer and config, and the files that sentence-transformers, transformers.js
/// and Text Embeddings Inference read. Immutable; the files are not kept open.
/// </summary>
public sealed partial class ModelPackage
{
    private readonly Lazy<ITextTokenizer> _tokenizer;

    private ModelPackage(string directory, ModelConfig config, SentenceModules modules)
    {
        FullPath = directory;
        Config = config;
        Pooling = modules.Pooling;
        Dense = modules.Dense;
        Normalize = modules.Normalize;
        MaxLength = modules.MaxLength ?? (config.MaxSequenceLength > 0 ? config.MaxSequenceLength : 1 << 20);
        Prompts = modules.Prompts;
        DefaultPrompt = modules.DefaultPromptName is string name ? modules.Prompts[name] : "";
        _tokenizer = new Lazy<ITextTokenizer>(() => TokenizerJson.Load(directory));
    }

    /// <summary>Full path of the directory.</summary>
    public string FullPath { get; }

    /// <summary>Name of the directory.</summary>
    public string Name => Path.GetFileName(FullPath);

    /// <summary>The architecture.</summary>
    public ModelConfig Config { get; }

    /// <summary>How hidden states become one vector.</summary>
    public PoolingMode Pooling { get; }

    /// <summary>Dense modules after the pooling, in order; empty for none.</summary>
    public IReadOnlyList<DenseLayer> Dense { get; }

    /// <summary>Width of a vector.</summary>
    public int EmbeddingSize => Dense.Count > 0 ? Dense[^1].OutFeatures : Config.HiddenSize;

    /// <summary>Whether vectors are scaled to length 1.</summary>
    public bool Normalize { get; }

    /// <summary>The longest text in tokens, special tokens included; longer ones are cut.</summary>
    public int MaxLength { get; }

    /// <summary>Full path of the ONNX model.</summary>
    public string ModelPath => Path.Combine(FullPath, PackageFiles.Model);

    /// <summary>Full path of the language-model head's parameters; null where the package has none.</summary>
    public string? HeadPath => File.Exists(Path.Combine(FullPath, PackageFiles.Head)) ? Path.Combine(FullPath, PackageFiles.Head) : null;

    /// <summary>The tokenizer, read at the first use.</summary>
    /// <exception cref="DataException">A file of it is wrong or uses a component that is not supported.</exception>
    public ITextTokenizer Tokenizer => _tokenizer.Value;

    /// <summary>How the package was made; null where it does not say.</summary>
    /// <exception cref="DataException">The file that says it is wrong.</exception>
    public Provenance? ReadProvenance()
    {
        string path = Path.Combine(FullPath, Provenance.FileName);
        return File.Exists(path) ? Provenance.Load(path) : null;
    }

    /// <summary>Hashes of the files that decide what the model computes, for the provenance of what is made from it.</summary>
    /// <param name="role">What the package is used as, for example <c>base</c>.</param>
    public IReadOnlyList<ProvenanceInput> Hashes(string role) =>
    [
        .. ((string[])[PackageFiles.Model, PackageFiles.ModelData, TokenizerJson.FileName])
            .Where(name => File.Exists(Path.Combine(FullPath, name)))
            .Select(name => ProvenanceInput.Of(role, FullPath, name)),
    ];
}
