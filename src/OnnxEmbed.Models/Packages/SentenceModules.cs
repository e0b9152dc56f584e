using OnnxEmbed.Models.Json;
using OnnxEmbed.Tensors;

namespace OnnxEmbed.Models.Packages;

/// <summary>
/// What the files of sentence-transformers in a directory say: <c>modules.json</c> and the directories that it names,
/// <c>sentence_bert_config.json</c>, <c>config_sentence_transformers.json</c>
/// (https://github.com/huggingface/sentence-transformers/tree/v5.1.0/sentence_transformers/models).
/// </summary>
internal sealed record SentenceModules
{
    // Older names of sentence_bert_config.json, which sentence-transformers still reads (models/Transformer.py, load).
    private static readonly string[] SequenceFiles =
    [
        PackageFiles.Sequence, "sentence_roberta_config.json", "sentence_distilbert_config.json", "sentence_camembert_config.json",
        "sentence_albert_config.json", "sentence_xlm-roberta_config.json", "sentence_xlnet_config.json",
    ];

    /// <summary>Directory of the transformer within the package; empty for the root.</summary>
    public string TransformerPath { get; init; } = "";

    public PoolingMode Pooling { get; init; }

    public IReadOnlyList<DenseLayer> Dense { get; init; } = [];

    public bool Normalize { get; init; }

    /// <summary>The longest text in tokens; null where no file says.</summary>
    public int? MaxLength { get; init; }

    /// <summary>Whether texts are to be lower-cased before the tokenizer sees them.</summary>
    public bool LowerCase { get; init; }

    public IReadOnlyDictionary<string, string> Prompts { get; init; } = new Dictionary<string, string>();

    /// <summary>Which of the prompts is put before every text; null for none.</summary>
    public string? DefaultPromptName { get; init; }

    public string Similarity { get; init; } = "cosine";

    /// <summary>Reads a directory that has a <c>modules.json</c>.</summary>
    /// <param name="directory">The directory.</param>
    /// <param name="config">The architecture, which bounds the length of a text; its sizes may be 0 where they are unknown.</param>
    /// <param name="faults">Receives what is wrong.</param>
    public static SentenceModules Read(string directory, ModelConfig config, FaultList faults)
    {
        (string Kind, string Path)[] modules = faults.Value(() => ReadList(Path.Combine(directory, PackageFiles.Modules)), []);
        string transformer = modules.FirstOrDefault(module => module.Kind == "Transformer").Path ?? "";
        SentenceModules read = ReadTexts(directory, transformer, config, faults);
        return read with
        {
            TransformerPath = transformer,
            Pooling = modules.FirstOrDefault(module => module.Kind == "Pooling").Path is string pooling
                ? faults.Value(() => ReadPooling(Path.Combine(directory, pooling, PackageFiles.ModuleConfig), config), default)
                : default,
            Dense =
            [
                .. modules.Where(module => module.Kind == "Dense")
                    .Select(module => faults.Value(() => ReadDense(directory, module.Path), null))
                    .OfType<DenseLayer>(),
            ],
            Normalize = modules.Any(module => module.Kind == "Normalize"),
        };
    }

    /// <summary>Where the transformer lies, without reading anything else; the root where there is no <c>modules.json</c>.</summary>
    public static string TransformerOf(string directory)
    {
        string path = Path.Combine(directory, PackageFiles.Modules);
        return File.Exists(path) ? ReadList(path).First(module => module.Kind == "Transformer").Path : "";
    }

    /// <summary>Reads what belongs to texts alone: length, prompts.</summary>
    public static SentenceModules ReadTexts(string directory, string transformer, ModelConfig config, FaultList faults)
    {
        string? sequence = SequenceFiles.Select(name => Path.Combine(directory, transformer, name)).FirstOrDefault(File.Exists);
        JsonField length = ReadOrEmpty(sequence, faults);
        int most = config.MaxSequenceLength > 0 ? config.MaxSequenceLength : 1 << 20;
        string sentences = Path.Combine(directory, PackageFiles.Sentences);
        JsonField json = ReadOrEmpty(File.Exists(sentences) ? sentences : null, faults);
        Dictionary<string, string> prompts = new(StringComparer.Ordinal);
        if (json["prompts"].Exists)
        {
            foreach ((string name, JsonField text) in faults.Value(() => json["prompts"].Members().ToArray(), []))
            {
                prompts[name] = faults.Value(text.AsString, "");
            }
        }

        string? chosen = faults.Value(() => json["default_prompt_name"].StringOrNull(), null);
        if (chosen is not null && !prompts.ContainsKey(chosen))
        {
            faults.Add(json["default_prompt_name"].Fault($"one of the prompts ({string.Join(", ", prompts.Keys)})").Message);
        }

        return new SentenceModules
        {
            MaxLength = length["max_seq_length"].Exists ? faults.Value(() => length["max_seq_length"].AsInt32(1, most), 1) : null,
            LowerCase = faults.Value(() => length["do_lower_case"].BooleanOr(false), false),
            Prompts = prompts,
            DefaultPromptName = chosen,
            Similarity = faults.Value(() => json["similarity_fn_name"].StringOr("cosine"), "cosine"),
        };
    }

    private static JsonField ReadOrEmpty(string? path, FaultList faults)
    {
        JsonField empty = JsonField.Parse(path ?? "", "{}"u8.ToArray());
        return path is null ? empty : faults.Value(() => JsonField.Read(path), empty);
    }

    private static (string Kind, string Path)[] ReadList(string path)
    {
        List<(string Kind, string Path)> modules = [];
        foreach (JsonField module in JsonField.Read(path).Items())
        {
            string kind = module["type"].AsString().Split('.')[^1];
            string at = module["path"].StringOr("");
            if (kind is not ("Transformer" or "Pooling" or "Dense" or "Normalize"))
            {
                throw module["type"].Fault("a module that is built (Transformer, Pooling, Dense, Normalize)");
            }

            modules.Add(at.Length == 0 || (Path.GetFileName(at) == at && at != "..")
                ? (kind, at)
                : throw module["path"].Fault("the name of a directory beside the file"));
        }

        string order = string.Join(' ', modules.Select(module => module.Kind));
        string[] middle = [.. modules.Skip(2).Select(module => module.Kind)];
        bool fits = order.StartsWith("Transformer Pooling", StringComparison.Ordinal)
            && middle.Take(middle.Length - 1).All(kind => kind == "Dense")
            && (middle.Length == 0 || middle[^1] is "Dense" or "Normalize");
        return fits
            ? [.. modules]
            : throw new DataException($"{path}: needs the modules Transformer, Pooling [, Dense …] [, Normalize] in this order, got {order}");
    }

    private static PoolingMode ReadPooling(string path, ModelConfig config)
    {
        JsonField json = JsonField.Read(path);
        string[] set = [.. json.Members()
            .Where(member => member.Name.StartsWith("pooling_mode_", StringComparison.Ordinal) && member.Value.BooleanOr(false))
            .Select(member => member.Name)];
        if (config.HiddenSize > 0 && json["word_embedding_dimension"].Exists)
        {
            json["word_embedding_dimension"].AsInt32(config.HiddenSize, config.HiddenSize);
        }

        if (!json["include_prompt"].BooleanOr(true))
        {
            throw json["include_prompt"].Fault("true: pooling that leaves out the prompt is not supported");
        }

        return set.Length == 1 && PackageFiles.PoolingFlags.TryGetValue(set[0], out PoolingMode mode)
            ? mode
            : throw new DataException(
                $"{path}: needs one of {string.Join(", ", PackageFiles.PoolingFlags.Keys)}, "
                + $"got {(set.Length == 0 ? "none" : string.Join(" and ", set))}");
    }

    private static DenseLayer ReadDense(string directory, string module)
    {
        JsonField json = JsonField.Read(Path.Combine(directory, module, PackageFiles.ModuleConfig));
        DenseLayer layer = new(
            module,
            json["in_features"].AsInt32(1, 1 << 20),
            json["out_features"].AsInt32(1, 1 << 20),
            json["bias"].BooleanOr(true),
            json["activation_function"].StringOr("torch.nn.modules.activation.Tanh"));
        return layer.Activation is not null
            ? layer
            : throw json["activation_function"].Fault("one of Identity, Tanh, ReLU, GELU, SiLU, Sigmoid of torch.nn");
    }
}
