using System.Text.Json.Nodes;
using OnnxEmbed.Models.Architectures;
using OnnxEmbed.Models.Json;
using OnnxEmbed.Models.Packages;
using OnnxEmbed.Models.Tokenizers;
using OnnxEmbed.Onnx.Building;
using OnnxEmbed.Tensors;

namespace OnnxEmbed.Models.Importing;

/// <summary>
/// A Hugging Face directory (<c>config.json</c>, safetensors, <c>tokenizer.json</c>, the files of sentence-transformers where they are
/// there) becomes a package with a graph that is built here.
/// </summary>
internal sealed class HuggingFaceImport
{
    private readonly ImportOptions _options;
    private readonly string _directory;
    private readonly string _transformer;
    private readonly ModelConfig _config;
    private readonly string? _configText;
    private readonly SentenceModules _modules;

    private HuggingFaceImport(ImportOptions options)
    {
        _options = options;
        _directory = Path.TrimEndingDirectorySeparator(Path.GetFullPath(options.Source));
        string inner = SentenceModules.TransformerOf(_directory);
        _transformer = Path.Combine(_directory, inner);
        FaultList faults = new();
        ModelConfig? read = faults.Value(() => ModelConfig.Load(Path.Combine(_transformer, ModelConfig.FileName)), null);
        foreach (string name in (string[])[TokenizerJson.FileName])
        {
            if (!File.Exists(Path.Combine(_transformer, name)))
            {
                faults.Add($"{Path.Combine(_transformer, name)}: needs to exist, there is no such file; save the tokenizer as a fast one");
            }
        }

        faults.ThrowIfAny();
        string[] graphFaults = [.. read!.GraphFaults()];
        foreach (string fault in graphFaults)
        {
            faults.Add($"{Path.Combine(_transformer, ModelConfig.FileName)}: {fault}");
        }

        faults.ThrowIfAny();
        (_config, _configText) = WithAttention(read);
        _modules = ModuleSettings.Resolve(options, _directory, inner, _config, faults);
        faults.ThrowIfAny();
    }

    public static ImportResult Run(ImportOptions options)
    {
        AtomicOutput.RefuseExistingDirectory(options.Out, options.Force);
        return new HuggingFaceImport(options).Write();
    }

    private ImportResult Write()
    {
        TokenizerJson tokenizer = TokenizerJson.Load(_transformer);
        CheckTokenizer(tokenizer);
        using Checkpoint checkpoint = Checkpoint.Open(_transformer);
        CheckpointNames names = new(checkpoint, KnownArchitectures.Of(_config));
        IReadOnlyList<(string Name, long[] Shape)> encoder = EncoderGraph.Parameters(_config);
        Dictionary<string, TensorData> parameters = new(names.Find(encoder), StringComparer.Ordinal);
        List<Checkpoint> dense = [];
        try
        {
            foreach (DenseLayer layer in _modules.Dense)
            {
                Checkpoint weights = Checkpoint.Open(Path.Combine(_directory, layer.Path));
                dense.Add(weights);
                AddDense(layer, weights, parameters);
            }

            SelfCheckFigures? check = null;
            ModelPackage package = ModelPackage.Create(
                _options.Out,
                new PackageContents
                {
                    Config = _config,
                    ConfigText = _configText,
                    Pooling = _modules.Pooling,
                    Dense = _modules.Dense,
                    Normalize = _modules.Normalize,
                    MaxLength = _modules.MaxLength!.Value,
                    Prompts = _modules.Prompts,
                    DefaultPromptName = _modules.DefaultPromptName,
                    Similarity = _modules.Similarity,
                    WriteTokenizer = target => TokenizerFiles.Copy(_transformer, target),
                    WriteModel = path => WidenedModel.Write(Graph(), parameters, path),
                    Verify = written => check = SelfCheck.Run(written),
                    Provenance = Provenance(checkpoint),
                    Description = $"Imported from the Hugging Face directory `{Path.GetFileName(_directory)}`.",
                },
                _options.Force);
            return new ImportResult(
                package,
                parameters.Values.Sum(data => data.ElementCount),
                [.. parameters.Values.Select(data => data.ElementType.ShortName()).Distinct().Order(StringComparer.Ordinal)],
                names.Unused,
                check!);
        }
        finally
        {
            dense.ForEach(weights => weights.Dispose());
        }
    }

    private GraphBuilder Graph() => EncoderGraph.Model(
        _config, _modules.Pooling, _modules.Normalize, (_, shape) => TensorData.WithoutBytes(ElementType.Float32, shape), _modules.Dense);

    private (ModelConfig Config, string Text) WithAttention(ModelConfig read)
    {
        string text = File.ReadAllText(Path.Combine(_transformer, ModelConfig.FileName));
        if (_options.Attention is not AttentionKind wanted || wanted == read.Attention)
        {
            return (read, text);
        }

        if (!read.IsDecoder)
        {
            throw new OptionException($"attention: an encoder of type {read.ModelType} needs bidirectional, got {wanted.ToString().ToLowerInvariant()}");
        }

        JsonObject json = JsonNode.Parse(text)!.AsObject();
        json.Remove("use_bidirectional_attention");
        json["is_causal"] = wanted == AttentionKind.Causal;
        return (read with { Attention = wanted }, JsonText.Of(json));
    }

    private void CheckTokenizer(TokenizerJson tokenizer)
    {
        FaultList faults = new();
        string path = Path.Combine(_transformer, TokenizerJson.FileName);

        // Gemma's tokenizer has a token for images that its text models have no row for; no text gives it.
        int[] beyond = [.. Enumerable.Range(_config.VocabSize, Math.Max(0, tokenizer.VocabularySize - _config.VocabSize))
            .Where(id => tokenizer.TokenOf(id) is not null && !tokenizer.IsSpecial(id))];
        if (beyond.Length > 0)
        {
            faults.Add($"{path}: needs ids below vocab_size {_config.VocabSize} of the config, got {beyond[^1]}");
        }

        if (_modules.MaxLength < tokenizer.AddedTokenCount + 1)
        {
            faults.Add($"{path}: needs a maximum length above its {tokenizer.AddedTokenCount} special tokens, got {_modules.MaxLength}");
        }

        // sentence-transformers lower-cases by itself then. Most such tokenizers do it too, and it makes no difference.
        const string Cases = "ABC Xyz";
        if (_modules.LowerCase && !tokenizer.Encode(Cases).SequenceEqual(tokenizer.Encode(Cases.ToLowerInvariant())))
        {
            faults.Add($"{Path.Combine(_transformer, PackageFiles.Sequence)}: do_lower_case needs to be false, or a tokenizer that lower-cases, got true");
        }

        faults.ThrowIfAny();
    }

    private static void AddDense(DenseLayer layer, Checkpoint weights, Dictionary<string, TensorData> parameters)
    {
        List<string> faults = [];
        foreach ((string inModule, string inGraph, long[] shape) in layer.Parameters)
        {
            TensorData? data = weights.Tensors.GetValueOrDefault(inModule);
            if (data is null || !data.Shape.SequenceEqual(shape) || !data.ElementType.IsFloat())
            {
                faults.Add($"{inModule} [{string.Join(", ", shape)}], {(data is null ? "there is none" : $"got {data}")}");
            }
            else
            {
                parameters.Add(inGraph, data);
            }
        }

        if (faults.Count > 0)
        {
            throw new DataException($"{weights.Directory}: needs the tensors {string.Join("; ", faults)}");
        }
    }

    private Provenance Provenance(Checkpoint checkpoint) => new(
        "import",
        new Dictionary<string, object?>
        {
            ["model_type"] = _config.ModelType,
            ["pooling"] = _modules.Pooling.ToString().ToLowerInvariant(),
            ["dense"] = _modules.Dense.Count,
            ["normalize"] = _modules.Normalize,
            ["attention"] = _config.Attention.ToString().ToLowerInvariant(),
            ["max_length"] = _modules.MaxLength,
            ["default_prompt"] = _modules.DefaultPromptName,
        },
        [
            .. ((string[])[ModelConfig.FileName, TokenizerJson.FileName, .. checkpoint.Files])
                .Select(name => ProvenanceInput.Of("source", _transformer, name)),
        ],
        new Dictionary<string, ulong>());
}
